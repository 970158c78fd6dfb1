import { escapeMarkdown, excerpt } from '../../core/format.ts';
import { type InboundMessage, quotedWords } from '../../core/inbound.ts';
import type { TurnOptions } from '../../core/turn.ts';
import type { Asking } from '../../inbox/asking.ts';
import type { Confirmations } from '../../inbox/confirmations.ts';
import type { ConversationStore } from '../../inbox/conversations.ts';
import type { Modes } from '../../inbox/modes.ts';
import type { Access } from '../../policy/access.ts';
import type { Gate } from '../../policy/gate.ts';
import type { KeptFile } from '../../policy/kept-file.ts';
import { toMatch } from '../../policy/rules.ts';
import type { Command, CommandReply } from '../command.ts';
import { confirmButtons } from '../confirm.ts';
import { queueFull } from '../full.ts';
import { type Arguments, readArguments } from './arguments.ts';
import type { CustomCommand } from './schema.ts';
import { fillPrompt, fillSummary } from './template.ts';

/** All of what is to be done is shown, unless that is longer than a screen. */
const SHOWN_LENGTH = 600;
/** Of one person in one conversation: more can only be confusing. */
const MAX_OPEN_QUESTIONS = 5;
const TOO_MANY_QUESTIONS = `${MAX_OPEN_QUESTIONS} questions wait for a yes or a no already. Please decide one of them first: a button below it, or /confirm.`;

/** What the commands of a person's own do their work with. */
export interface CustomParts {
  readonly file: Pick<KeptFile<readonly CustomCommand[]>, 'current'>;
  readonly conversations: Pick<ConversationStore, 'project'>;
  readonly access: Pick<Access, 'roleOf'>;
  readonly gate: Pick<Gate, 'check'>;
  readonly modes: Pick<Modes, 'bounded'>;
  readonly asking: Pick<Asking, 'askKept'>;
  readonly confirmations: Pick<Confirmations, 'open' | 'openCount'>;
}

/** The commands of `commands.json` as they are now; the same array as long as they are the same. */
export function createCustomCommands(parts: CustomParts): () => readonly Command[] {
  let made: {
    readonly from: readonly CustomCommand[];
    readonly commands: readonly Command[];
  } | null = null;
  return () => {
    const from = parts.file.current();
    if (made?.from !== from) made = { from, commands: from.map((one) => commandOf(one, parts)) };
    return made.commands;
  };
}

function commandOf(custom: CustomCommand, parts: CustomParts): Command {
  return {
    name: custom.name,
    description: custom.description,
    needs: 'ask',
    role: custom.role,
    run: (message, typed, messageId) => {
      if (messageId === undefined) throw new Error('a command without its message');
      const given = readArguments(custom, typed);
      if ('fault' in given) return { markdown: given.fault };
      const options: TurnOptions = {
        instruction: fillPrompt(custom.name, custom.prompt, given.values),
        project: custom.project ?? null,
        mode: custom.mode ?? null,
        tools: given.tools ?? custom.tools ?? null,
      };
      const wanted = { message, messageId, given, options };
      return asksFirst(custom, given) ? question(custom, wanted, parts) : ask(wanted, parts);
    },
  };
}

interface Wanted {
  readonly message: InboundMessage;
  readonly messageId: number;
  readonly given: Arguments;
  readonly options: TurnOptions;
}

function asksFirst({ confirm }: CustomCommand, { values }: Arguments): boolean {
  if (confirm === undefined) return false;
  if (confirm === true) return true;
  return Object.entries(confirm).some(([name, some]) => {
    const given = asRead(values.get(name)?.text ?? '');
    return some.some((value) => asRead(value) === given);
  });
}

/** Patterns take letters of any case, and Claude reads other forms of them as the same. */
function asRead(text: string): string {
  return toMatch(text).toLowerCase();
}

function ask({ message, messageId, options }: Wanted, parts: CustomParts): CommandReply {
  const { conversation, sender } = message;
  const role = parts.access.roleOf(sender, conversation);
  if (role === null) throw new Error('a command of nobody');
  const request = { conversation, personId: sender.id, role, text: message.text };
  const outcome = parts.asking.askKept(
    messageId,
    request,
    parts.modes.bounded(options, conversation),
  );
  switch (outcome.kind) {
    case 'queued':
      return { markdown: '', turnId: outcome.turnId };
    case 'full':
      return queueFull(message.messageId, outcome.waitingCount);
    case 'refused':
      return { markdown: outcome.refusal.markdown, decision: 'refused' };
  }
}

/** What is going to happen, before it does. What a limit or a rule stands against is not even asked. */
function question(custom: CustomCommand, wanted: Wanted, parts: CustomParts): CommandReply {
  const { message, messageId, given } = wanted;
  const { conversation, sender } = message;
  const role = parts.access.roleOf(sender, conversation);
  if (role === null) throw new Error('a command of nobody');
  const refusal = parts.gate.check({
    conversation,
    personId: sender.id,
    role,
    text: message.text,
    isTemplate: true,
    quoted: quotedWords(message.quote),
  });
  if (refusal !== null) return { markdown: refusal.markdown, decision: 'refused' };
  if (parts.confirmations.openCount(conversation.id, sender.id) >= MAX_OPEN_QUESTIONS) {
    return { markdown: TOO_MANY_QUESTIONS, decision: 'refused' };
  }
  const project = wanted.options.project ?? parts.conversations.project(conversation.id);
  const { id } = parts.confirmations.open({
    conversationId: conversation.id,
    messageId,
    personId: sender.id,
    kind: 'command',
    subject: custom.name,
    role: custom.role,
    options: { ...wanted.options, project },
  });
  const where = project === null ? 'In the usual folder' : `In the project ${bold(project)}`;
  return {
    markdown: [
      `❓ ${whatItDoes(custom, given)}?`,
      `${where}, asked for by ${escapeMarkdown(sender.name)} with /${custom.name}. This counts for five minutes.`,
    ].join('\n\n'),
    buttons: confirmButtons(id),
  };
}

/** Names each value: the summary need not. */
function whatItDoes({ summary, description, name }: CustomCommand, { values }: Arguments): string {
  const what =
    summary === undefined
      ? `/${name}: ${escapeMarkdown(description)}`
      : fillSummary(summary, values, bold);
  const unnamed = [...values].filter(
    ([argument, { text }]) => text !== '' && summary?.includes(`{{${argument}}}`) !== true,
  );
  return [what, ...unnamed.map(([argument, { text }]) => `${argument}: ${bold(text)}`)].join(', ');
}

function bold(text: string): string {
  return `**${escapeMarkdown(excerpt(text, SHOWN_LENGTH))}**`;
}
