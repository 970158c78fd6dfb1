import type { Button } from '../core/channel.ts';
import type { Conversation } from '../core/conversation.ts';
import { escapeMarkdown, messagesCount } from '../core/format.ts';
import type { InboundPress, Person } from '../core/inbound.ts';
import { isAtLeast } from '../core/role.ts';
import type { Asking } from '../inbox/asking.ts';
import type { Confirmation, Confirmations } from '../inbox/confirmations.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { MessageStore } from '../inbox/messages.ts';
import type { Modes } from '../inbox/modes.ts';
import type { Outbox } from '../outbox/append.ts';
import { messageWithButton } from '../outbox/shown.ts';
import type { Database } from '../platform/database/open.ts';
import type { Access } from '../policy/access.ts';
import { inShort } from '../policy/gate.ts';
import type { Command } from './command.ts';
import {
  ASKER_GONE,
  idIn,
  NOT_YOURS,
  type PressAct,
  type PressActs,
  type Pressed,
  TOO_LATE,
} from './press.ts';

/** The verbs of the buttons below the question whether a command is to be carried out. */
const CONFIRM = 'confirm';
const REFUSE = 'refuse';

const EXPIRED = 'That has expired; send it again.';
const MOVED = 'The project was changed meanwhile; send it again.';

/** The buttons below the question about a confirmation. */
export function confirmButtons(id: number): readonly (readonly Button[])[] {
  return [
    [
      { label: '✅ Do it', data: `${CONFIRM}:${id}` },
      { label: '✖️ Cancel', data: `${REFUSE}:${id}` },
    ],
  ];
}

/** What deciding takes. */
export interface ConfirmParts {
  readonly database: Database;
  readonly confirmations: Confirmations;
  readonly asking: Pick<Asking, 'askKept'>;
  readonly modes: Pick<Modes, 'bounded'>;
  readonly messages: Pick<MessageStore, 'get'>;
  readonly conversations: Pick<ConversationStore, 'project'>;
  readonly access: Pick<Access, 'may' | 'roleOf'>;
  readonly outbox: Outbox;
}

/** What a yes or a no came to. */
interface Decided {
  /** For whoever decided. */
  readonly word: string;
  /** What stands below the question from now on: Markdown; `null`: it stays as it is. */
  readonly note: string | null;
  readonly decision?: string;
  readonly turnId?: number;
}

/** Whether a person may say yes to something: as much as it takes to ask for it. */
function mayConfirm(
  { access }: ConfirmParts,
  row: Confirmation,
  person: Person,
  conversation: Conversation,
): boolean {
  const role = access.roleOf(person, conversation);
  return role !== null && isAtLeast(role, row.role) && access.may(person, conversation, 'ask');
}

function decide(
  parts: ConfirmParts,
  row: Confirmation,
  decision: 'confirmed' | 'refused',
  who: { readonly person: Person; readonly conversation: Conversation },
): Decided {
  const { person } = who;
  if (row.status === 'expired') return { word: EXPIRED, note: null };
  const settled = parts.confirmations.settle(row, decision, person.id);
  if (settled === 'gone') return { word: TOO_LATE, note: null };
  if (settled === 'expired') return { word: EXPIRED, note: '**⌛ Expired.**', decision: 'expired' };
  const by = `by ${escapeMarkdown(person.name)}`;
  if (decision === 'refused') {
    return { word: 'Cancelled.', note: `**✖️ Cancelled ${by}.**`, decision };
  }
  return { ...carryOut(parts, row, who, by), decision };
}

/** The limits, and the rules, are those for who asked. */
function carryOut(
  parts: ConfirmParts,
  row: Confirmation,
  { person, conversation }: { readonly person: Person; readonly conversation: Conversation },
  by: string,
): Omit<Decided, 'decision'> {
  const { access, conversations } = parts;
  const asker = { id: row.personId };
  const role = access.roleOf(asker, conversation);
  const not = (word: string) => ({ word, note: `**⚠️ Confirmed ${by}, but not done.** ${word}` });
  if (role === null || !isAtLeast(role, row.role)) return not(ASKER_GONE);
  // It was said where it will be done.
  if ((row.options.project ?? null) === null && conversations.project(conversation.id) !== null) {
    return not(MOVED);
  }
  const { text } = parts.messages.get(row.messageId);
  const request = { conversation, personId: row.personId, role, pressedBy: person.id, text };
  const options = parts.modes.bounded(row.options, conversation);
  const outcome = parts.asking.askKept(row.messageId, request, options);
  switch (outcome.kind) {
    case 'queued':
      return { word: 'On it.', note: `**✅ Confirmed ${by}.**`, turnId: outcome.turnId };
    case 'full':
      return not(`${messagesCount(outcome.waitingCount)} already waiting. Send it again later.`);
    case 'refused':
      return {
        word: inShort(outcome.refusal),
        note: `**⚠️ Confirmed ${by}, but not done.** ${outcome.refusal.markdown}`,
      };
  }
}

/** What the buttons below the question do. Each question is decided once. */
export function confirmPresses(parts: ConfirmParts): PressActs {
  const act =
    (decision: 'confirmed' | 'refused') =>
    (press: InboundPress, argument: string): Pressed | null => {
      const { conversation, sender: person } = press;
      const row = parts.confirmations.find(idIn(argument), conversation.id);
      if (row?.kind !== 'command') return null;
      const isOwnCancel = decision === 'refused' && row.personId === person.id;
      if (!isOwnCancel && !mayConfirm(parts, row, person, conversation)) {
        return { word: NOT_YOURS, decision: 'denied' };
      }
      const { note, ...decided } = decide(parts, row, decision, { person, conversation });
      if (note !== null) showDecision(parts, press, note);
      return { ...decided, details: { confirmation: row.id, subject: row.subject } };
    };
  const button = (decision: 'confirmed' | 'refused'): PressAct => ({
    needs: 'ask',
    act: act(decision),
  });
  return new Map([
    [CONFIRM, button('confirmed')],
    [REFUSE, button('refused')],
  ]);
}

/**
 * `/confirm`, and `/confirm_NAME` for each command that may ask: yes to the newest that waits there and
 * that the person may confirm. `/confirm-deploy` is the command `/confirm` with `-deploy` behind it.
 *
 * @param asking The commands that may ask.
 */
export function confirmCommands(
  parts: ConfirmParts,
  asking: readonly Required<Pick<Command, 'name' | 'role'>>[],
): readonly Command[] {
  const confirm = (subject: string): Command['run'] => {
    return ({ conversation, sender: person }) => {
      const row = parts.confirmations
        .undecided(conversation.id)
        .filter(({ kind }) => kind === 'command')
        .filter((one) => subject === '' || one.subject === subject)
        .find((one) => mayConfirm(parts, one, person, conversation));
      if (row === undefined) {
        const what = subject === '' ? 'Nothing' : `No /${escapeMarkdown(subject)}`;
        return { markdown: `${what} waits here for a yes that you could give.` };
      }
      const { word, note } = decide(parts, row, 'confirmed', { person, conversation });
      if (note === null) return { markdown: word };
      const shown = shownAs(parts, row);
      if (shown !== null) showDecision(parts, { conversation, ...shown }, note);
      return { markdown: note };
    };
  };
  return [
    {
      name: CONFIRM,
      description: 'Say yes to what I asked about last; “/confirm deploy” to one of that name',
      needs: 'ask',
      run: (message, args, id) => confirm(args.replace(/^[-_ ]+/u, '').trim())(message, args, id),
    },
    ...asking.map(({ name, role }): Command => ({
      name: `${CONFIRM}_${name}`,
      description: `Say yes to the /${name} that waits for it`,
      needs: 'ask',
      role,
      run: confirm(name),
    })),
  ];
}

/** The platform's id of the message that shows the question, as soon as it has gone out. */
function shownAs(
  { database, messages }: ConfirmParts,
  row: Confirmation,
): { readonly messageId: string; readonly messageText: string } | null {
  const { conversationId, askedAtMs: sinceMs } = row;
  const data = `${CONFIRM}:${row.id}`;
  const messageId = messageWithButton(database, { conversationId, data, sinceMs });
  return messageId === null ? null : { messageId, messageText: messages.get(row.messageId).text };
}

/** In place of the question and its buttons. */
function showDecision(
  { outbox }: ConfirmParts,
  question: Pick<InboundPress, 'conversation' | 'messageId' | 'messageText'>,
  note: string,
): void {
  const lines = question.messageText.split('\n').map(escapeMarkdown).join('\n');
  outbox.edit(question.conversation, {
    messageId: question.messageId,
    markdown: `${lines}\n\n${note}`,
    buttons: [],
  });
}
