import type { Conversation } from '../core/conversation.ts';
import { type Mode, MODES } from '../core/mode.ts';
import type { InboundPress, Person } from '../core/inbound.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Modes } from '../inbox/modes.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Access } from '../policy/access.ts';
import { realFolder, resolveFolder, type Bounds } from '../policy/folders.ts';
import type { ProjectStore } from '../policy/projects.ts';
import { type ApprovalRules, countsFor, type MadeBy } from '../turns/approval-rules.ts';
import type { Command, CommandReply } from './command.ts';
import { NOT_YOURS, TOO_LATE, type PressActs, type Pressed } from './press.ts';

/** The verb of the buttons below the modes; their argument is a mode, or `forget`. */
export const MODE = 'mode';
const FORGET = 'forget';

const MEANING: Readonly<Record<Mode, string>> = {
  auto: 'I do what you ask, without asking back',
  ask: 'before I run a command or change anything, I show you and wait for your word',
  plan: 'I only look, and tell you what I would do; you can have it carried out',
};

interface Parts {
  readonly conversations: ConversationStore;
  readonly access: Pick<Access, 'may'>;
  readonly outbox: Outbox;
  readonly rules: ApprovalRules;
  readonly projects: Pick<ProjectStore, 'find'>;
  readonly bounds: Bounds;
  /** The folder where no project is chosen. */
  readonly defaultFolder: (conversation: Conversation) => string;
  readonly modes: Modes;
}

/** `/mode`: what Claude may do unasked. The choice is kept for the conversation. */
export function modeCommand(parts: Parts): Command {
  return {
    name: 'mode',
    needs: 'choose',
    description: 'What I may do unasked: auto, ask or plan',
    run: ({ conversation, sender }, args) => {
      const wanted = args.trim().toLowerCase();
      const mode = MODES.find((known) => known === wanted);
      if (mode === undefined) {
        const shown = overview(parts, conversation, sender);
        return wanted === ''
          ? shown
          : { ...shown, markdown: `I know auto, ask and plan here.\n\n${shown.markdown}` };
      }
      const details = { chosen: mode };
      if (!parts.modes.choose(sender, conversation, mode)) {
        const markdown = tooLoose(mode, parts.modes.of(conversation));
        return { markdown, decision: 'refused', details };
      }
      return { markdown: `From your next message on: **${mode}**, ${MEANING[mode]}.`, details };
    },
  };
}

/** What the buttons below the modes do. */
export function modePresses(parts: Parts): PressActs {
  const show = ({ conversation, messageId, sender }: InboundPress): void => {
    const { markdown, buttons = [] } = overview(parts, conversation, sender);
    parts.outbox.edit(conversation, { messageId, markdown, buttons });
  };
  const forget = (press: InboundPress): Pressed => {
    const folder = folderOf(parts, press.conversation);
    const count =
      folder === null
        ? 0
        : parts.rules.forget(folder, theirs(parts, press.sender, press.conversation));
    show(press);
    if (count === 0) return { word: TOO_LATE };
    return { word: `Forgot ${count}.`, details: { forgotten: count, folder } };
  };
  const choose = (press: InboundPress, argument: string): Pressed | null => {
    const mode = MODES.find((known) => known === argument);
    if (mode === undefined) return null;
    if (!parts.modes.choose(press.sender, press.conversation, mode)) {
      return { word: NOT_YOURS, decision: 'refused', details: { mode } };
    }
    show(press);
    return { word: `Mode ${mode}.`, details: { mode } };
  };
  return new Map([
    [
      MODE,
      {
        needs: 'choose',
        act: (press, argument) => (argument === FORGET ? forget(press) : choose(press, argument)),
      },
    ],
  ]);
}

/** What somebody may take back: their own, or all. */
function theirs({ access }: Parts, sender: Pick<Person, 'id'>, conversation: Conversation): MadeBy {
  return access.may(sender, conversation, 'approve-any') ? () => true : (id) => id === sender.id;
}

function overview(
  parts: Parts,
  conversation: Conversation,
  sender: Pick<Person, 'id'>,
): CommandReply {
  const current = parts.modes.of(conversation);
  const folder = folderOf(parts, conversation);
  const countOf = (counts: MadeBy): number =>
    folder === null ? 0 : parts.rules.countIn(folder, counts);
  const count = countOf(countsFor(sender.id, conversation, parts.access));
  const ownCount = countOf(theirs(parts, sender, conversation));
  const list = MODES.map((mode) => `- **${mode}**: ${MEANING[mode]}`);
  const always =
    count === 0 ? '' : `\n\nIn this folder ${things(count)} always allowed, so I do not ask.`;
  return {
    markdown: `I work in **${current}** here.\n\n${list.join('\n')}${always}`,
    buttons: [
      MODES.map((mode) => ({
        label: mode === current ? `✓ ${mode}` : mode,
        data: `${MODE}:${mode}`,
      })),
      ...(ownCount === 0
        ? []
        : [
            [
              {
                label: `Forget the ${ownCount === 1 ? 'thing that is' : `${ownCount} things that are`} always allowed here`,
                data: `${MODE}:${FORGET}`,
              },
            ],
          ]),
    ],
  };
}

/** Where the conversation works, with links resolved; `null` where nothing can be done. */
function folderOf(parts: Parts, conversation: Conversation): string | null {
  const name = parts.conversations.project(conversation.id);
  const project = name === null ? null : parts.projects.find(name);
  if (name !== null && project === null) return null;
  const folder =
    project === null
      ? realFolder(parts.defaultFolder(conversation))
      : resolveFolder(project.path, parts.bounds);
  return folder.kind === 'ok' ? folder.path : null;
}

function things(count: number): string {
  return count === 1 ? '1 thing is' : `${count} things are`;
}

function tooLoose(mode: Mode, current: Mode): string {
  return `Here it is **${current}**. **${mode}** is looser, and only an owner may choose that.`;
}
