import type { Clock } from '../core/clock.ts';
import { type Conversation, sourceOf } from '../core/conversation.ts';
import {
  compactNumber,
  escapeMarkdown,
  formatDollars,
  formatDuration,
  startOfDay,
  startOfMonth,
} from '../core/format.ts';
import type { InboundMessage } from '../core/inbound.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Modes } from '../inbox/modes.ts';
import type { Queue } from '../inbox/queue.ts';
import { type Access, everywhere } from '../policy/access.ts';
import type { ProjectStore } from '../policy/projects.ts';
import type { UsageReport, UsageTotal, Whose } from '../turns/usage.ts';
import type { Command } from './command.ts';

const WEEK_DAYS = 7;

/**
 * `/status` and `/usage`. Days and months are those of the machine's time zone. What all people and all
 * bots used is for an owner of the bot; others see what they asked for themselves.
 */
export function statusCommands(parts: {
  readonly conversations: ConversationStore;
  readonly queue: Queue;
  readonly usage: UsageReport;
  readonly access: Pick<Access, 'may'>;
  readonly clock: Clock;
  readonly defaultModel: (conversation: Conversation) => string;
  readonly modes: Pick<Modes, 'of'>;
  /** Where a conversation works that is in no project. */
  readonly defaultFolder: (conversation: Conversation) => string;
  readonly projects: Pick<ProjectStore, 'find'>;
}): readonly Command[] {
  const { usage, clock } = parts;
  const whoseFor = ({ sender, conversation }: InboundMessage): Whose | undefined => {
    const source = sourceOf(conversation);
    const seesAll = parts.access.may(sender, everywhere(source), 'administer');
    return seesAll ? undefined : { personId: sender.id, source };
  };
  const placeLines = (conversation: Conversation): readonly string[] => {
    const name = parts.conversations.project(conversation.id);
    const project = name === null ? null : parts.projects.find(name);
    const folder = project?.path ?? parts.defaultFolder(conversation);
    return name === null
      ? [`**Folder:** \`${folder}\``]
      : [
          `**Project:** ${escapeMarkdown(name)}`,
          project === null ? '**Folder:** none, /project chooses one' : `**Folder:** \`${folder}\``,
        ];
  };
  return [
    {
      name: 'status',
      needs: 'look' as const,
      description: 'Model, folder, mode, queue, last turn, today and this month',
      run: (message) => {
        const { conversation } = message;
        const now = clock.now();
        const whose = whoseFor(message);
        const yours = whose === undefined ? '' : ', yours';
        const entries = parts.queue.entries(conversation.id);
        const running = entries.find(({ status }) => status === 'running');
        const waitingCount = entries.length - (running === undefined ? 0 : 1);
        const model =
          parts.conversations.model(conversation.id) ?? parts.defaultModel(conversation);
        return {
          markdown: [
            `**Model:** ${escapeMarkdown(model)}`,
            ...placeLines(conversation),
            `**Mode:** ${parts.modes.of(conversation)}`,
            `**Now:** ${running === undefined ? 'nothing runs' : `running for ${formatDuration(now - (running.startedAtMs ?? now))}${running.activity === null ? '' : ` (${escapeMarkdown(running.activity)})`}`}, ${waitingCount} waiting`,
            `**Last turn:** ${lastTurn(usage.last(conversation.id), now)}`,
            `**Today${yours}:** ${total(usage.since(startOfDay(now, 0), whose))}`,
            `**This month${yours}:** ${total(usage.since(startOfMonth(now), whose))}`,
          ].join('\n'),
        };
      },
    },
    {
      name: 'usage',
      needs: 'look' as const,
      description: 'Turns, tokens and cost by model',
      run: (message) => {
        const now = clock.now();
        const whose = whoseFor(message);
        const yours = whose === undefined ? '' : ', yours';
        const periods = [
          { name: 'Today', fromMs: startOfDay(now, 0) },
          { name: `Last ${WEEK_DAYS} days`, fromMs: startOfDay(now, WEEK_DAYS - 1) },
          { name: 'This month', fromMs: startOfMonth(now) },
        ];
        return {
          markdown: periods
            .map(({ name, fromMs }) =>
              [
                `**${name}${yours}:** ${total(usage.since(fromMs, whose))}`,
                ...usage
                  .byModelSince(fromMs, whose)
                  .map((row) => `• ${escapeMarkdown(row.model)}: ${total(row)}`),
              ].join('\n'),
            )
            .join('\n\n'),
        };
      },
    },
  ];
}

function lastTurn(last: ReturnType<UsageReport['last']>, nowMs: number): string {
  if (last === null) return 'none yet';
  const took = last.durationMs === null ? '' : ` after ${formatDuration(last.durationMs)}`;
  const ago = last.endedAtMs === null ? '' : `, ${formatDuration(nowMs - last.endedAtMs)} ago`;
  const model = last.model === null ? '' : `, ${escapeMarkdown(last.model)}`;
  return `${last.status}${took}${ago}${model}, ${formatDollars(last.costUsd)}`;
}

function total(sum: UsageTotal): string {
  const turns = `${sum.turnCount} ${sum.turnCount === 1 ? 'turn' : 'turns'}`;
  return `${turns}, ${compactNumber(sum.inputTokenCount)} tokens in, ${compactNumber(sum.outputTokenCount)} out, ${formatDollars(sum.costUsd)}`;
}
