import type { Clock } from '../core/clock.ts';
import { escapeMarkdown, excerpt, formatDuration, messagesCount } from '../core/format.ts';
import { SHELL_PERSON } from '../core/role.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { QueueEntry } from '../inbox/queue-view.ts';
import type { Queue } from '../inbox/queue.ts';
import type { Access } from '../policy/access.ts';
import type { Command, CommandReply } from './command.ts';

/** The verbs of the buttons in the list of the queue. */
export const CANCEL = 'cancel';
export const STOP = 'stop';

const EXCERPT_LENGTH = 80;
/** Telegram takes about a hundred buttons, and nobody reads so many. */
const LISTED_COUNT = 20;
const LABEL_LENGTH = 28;
const NAME_LENGTH = 40;

/** `/queue`, `/stop` and `/new`. */
export function queueCommands(
  queue: Queue,
  conversations: ConversationStore,
  clock: Clock,
  access: Pick<Access, 'may'>,
): readonly Command[] {
  return [
    {
      name: 'stop',
      needs: 'steer-own' as const,
      description: 'Stop what runs; “/stop all” also empties the queue',
      run: ({ sender, conversation }, args) => {
        const mayAny = access.may(sender, conversation, 'steer-any');
        const isTheirs = ({ personId }: QueueEntry) => mayAny || personId === sender.id;
        const entries = queue.entries(conversation.id);
        const running = entries.find(({ status }) => status === 'running');
        const waiting = entries.filter((entry) => entry.status === 'queued' && isTheirs(entry));
        const isAll = args.trim().toLowerCase() === 'all';
        const stopped = running !== undefined && isTheirs(running) ? running : null;
        if (stopped !== null) queue.requestStop(stopped.turnId);
        const cancelledCount = isAll
          ? queue.cancelAll(conversation.id, mayAny ? undefined : sender.id)
          : 0;
        const markdown = [
          runningText(running, stopped !== null),
          ...waitingText(cancelledCount, waiting.length - cancelledCount, mayAny),
        ].join('\n\n');
        return { markdown, ...(stopped === null ? {} : { about: stopped.turnId }) };
      },
    },
    {
      name: 'queue',
      needs: 'look' as const,
      description: 'What runs and what waits',
      run: ({ conversation }) => queueList(queue.entries(conversation.id), clock.now()),
    },
    {
      name: 'new',
      needs: 'choose' as const,
      description: 'Start afresh; nothing is deleted',
      run: ({ conversation }) => {
        conversations.startAfresh(conversation.id);
        return {
          markdown: '🆕 A fresh start: what was said before is kept, but I no longer look at it.',
        };
      },
    },
  ];
}

/** The list of a conversation's queue, with a button a turn. */
export function queueList(entries: readonly QueueEntry[], nowMs: number): CommandReply {
  if (entries.length === 0) return { markdown: 'Nothing runs and nothing waits.' };
  const listed = entries.slice(0, LISTED_COUNT);
  // Among several, it matters whose it is.
  const isOfMany = new Set(entries.map(({ personId }) => personId)).size > 1;
  const lines = listed.map((entry) => {
    const whose = isOfMany ? `${nameOf(entry)}: ` : '';
    const text = whose + escapeMarkdown(excerpt(entry.text, EXCERPT_LENGTH));
    if (entry.status === 'queued') {
      return `⏳ ${text} (waits ${formatDuration(nowMs - entry.queuedAtMs)})`;
    }
    const activity = entry.activity === null ? '' : `: ${escapeMarkdown(entry.activity)}`;
    return `▶️ ${text} (runs ${formatDuration(nowMs - (entry.startedAtMs ?? nowMs))}${activity})`;
  });
  if (entries.length > listed.length) lines.push(`… and ${entries.length - listed.length} more.`);
  const buttons = listed.map((entry) => [
    entry.status === 'queued'
      ? { label: label('✖️ Cancel', entry), data: `${CANCEL}:${entry.turnId}` }
      : { label: label('⏹ Stop', entry), data: `${STOP}:${entry.turnId}` },
  ]);
  return { markdown: lines.join('\n\n'), buttons };
}

function label(action: string, entry: QueueEntry): string {
  return `${action}: ${excerpt(entry.text, LABEL_LENGTH)}`;
}

function runningText(running: QueueEntry | undefined, isTheirs: boolean): string {
  if (running === undefined) return 'Nothing is running.';
  const text = escapeMarkdown(excerpt(running.text, EXCERPT_LENGTH));
  if (isTheirs) return `⏹ Stopping: ${text}`;
  const whose =
    running.personId === SHELL_PERSON ? 'was asked on the machine' : `is ${nameOf(running)}’s`;
  return `What runs ${whose}, so it goes on: ${text}\n\nThey can stop it, and so can an owner.`;
}

/** @param mayAny Whether it is about all that wait, and not only about their own. */
function waitingText(
  cancelledCount: number,
  stillWaitingCount: number,
  mayAny: boolean,
): readonly string[] {
  const of = mayAny ? '' : ' of yours';
  const said: string[] = [];
  if (cancelledCount > 0)
    said.push(`${messagesCount(cancelledCount)}${of} taken out of the queue.`);
  if (stillWaitingCount > 0) {
    const all = mayAny ? 'empties the queue' : 'takes them out of the queue';
    said.push(`${messagesCount(stillWaitingCount)}${of} still waiting; /stop all ${all}.`);
  }
  return said;
}

function nameOf({ author }: QueueEntry): string {
  return escapeMarkdown(excerpt(author ?? 'somebody else', NAME_LENGTH));
}
