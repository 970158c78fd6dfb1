import type { Clock } from '../core/clock.ts';
import { escapeMarkdown, excerpt, formatDuration, messagesCount } from '../core/format.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { QueueEntry } from '../inbox/queue-view.ts';
import type { Queue } from '../inbox/queue.ts';
import type { Command, CommandReply } from './command.ts';

/** The verbs of the buttons in the list of the queue. */
export const CANCEL = 'cancel';
export const STOP = 'stop';

const EXCERPT_LENGTH = 80;
/** Telegram takes about a hundred buttons, and nobody reads so many. */
const LISTED_COUNT = 20;
const LABEL_LENGTH = 28;

/** `/queue`, `/stop` and `/new`. */
export function queueCommands(
  queue: Queue,
  conversations: ConversationStore,
  clock: Clock,
): readonly Command[] {
  return [
    {
      name: 'stop',
      description: 'Stop what runs; “/stop all” also empties the queue',
      run: ({ conversation }, args) => {
        const entries = queue.entries(conversation.id);
        const running = entries.find(({ status }) => status === 'running');
        if (running !== undefined) queue.requestStop(running.turnId);
        const cancelledCount =
          args.trim().toLowerCase() === 'all' ? queue.cancelAll(conversation.id) : 0;
        const waitingCount = entries.filter(({ status }) => status === 'queued').length;
        return { markdown: stopText(running, cancelledCount, waitingCount - cancelledCount) };
      },
    },
    {
      name: 'queue',
      description: 'What runs and what waits',
      run: ({ conversation }) => queueList(queue.entries(conversation.id), clock.now()),
    },
    {
      name: 'new',
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
  const lines = listed.map((entry) => {
    const text = escapeMarkdown(excerpt(entry.text, EXCERPT_LENGTH));
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

function stopText(
  running: QueueEntry | undefined,
  cancelledCount: number,
  stillWaitingCount: number,
): string {
  const said = [
    running === undefined
      ? 'Nothing is running.'
      : `⏹ Stopping: ${escapeMarkdown(excerpt(running.text, EXCERPT_LENGTH))}`,
  ];
  if (cancelledCount > 0) said.push(`${messagesCount(cancelledCount)} taken out of the queue.`);
  if (stillWaitingCount > 0) {
    said.push(`${messagesCount(stillWaitingCount)} still waiting; /stop all empties the queue.`);
  }
  return said.join('\n\n');
}
