import type { Command } from '../commands/command.ts';
import { helpCommands } from '../commands/help.ts';
import { modelCommands } from '../commands/model.ts';
import { queueCommands } from '../commands/queue.ts';
import { statusCommands } from '../commands/status.ts';
import { verboseCommands } from '../commands/verbose.ts';
import type { Clock } from '../core/clock.ts';
import type { ProgressLevel } from '../core/progress.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Queue } from '../inbox/queue.ts';
import type { UsageReport } from '../turns/usage.ts';

/** All commands, in the order in which they are listed. */
export function createCommands(parts: {
  readonly conversations: ConversationStore;
  readonly queue: Queue;
  readonly usage: UsageReport;
  readonly clock: Clock;
  readonly defaultModel: string;
  readonly defaultProgress: ProgressLevel;
  readonly workDir: string;
}): readonly Command[] {
  const commands: readonly Command[] = [
    ...queueCommands(parts.queue, parts.conversations, parts.clock),
    ...statusCommands(parts),
    ...modelCommands(parts.conversations, parts.defaultModel),
    ...verboseCommands(parts.conversations, parts.defaultProgress),
    ...helpCommands(() => commands),
  ];
  return commands;
}
