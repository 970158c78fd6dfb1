import type { Command } from '../commands/command.ts';
import { forgetCommand } from '../commands/forget.ts';
import { helpCommands } from '../commands/help.ts';
import { memoryCommand } from '../commands/memory.ts';
import { modelCommands } from '../commands/model.ts';
import { queueCommands } from '../commands/queue.ts';
import { rememberCommand } from '../commands/remember.ts';
import { statusCommands } from '../commands/status.ts';
import { verboseCommands } from '../commands/verbose.ts';
import type { Clock } from '../core/clock.ts';
import type { ProgressLevel } from '../core/progress.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Queue } from '../inbox/queue.ts';
import { createTextFinder } from '../memory/find.ts';
import type { Recall } from '../memory/recall.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Database } from '../platform/database/open.ts';
import type { UsageReport } from '../turns/usage.ts';

/** All commands, in the order in which they are listed. */
export function createCommands(parts: {
  readonly database: Database;
  readonly conversations: ConversationStore;
  readonly queue: Queue;
  readonly usage: UsageReport;
  /** `null` where it is turned off. */
  readonly memory: { readonly store: MemoryStore; readonly recall: Recall } | null;
  readonly clock: Clock;
  readonly defaultModel: string;
  readonly defaultProgress: ProgressLevel;
  readonly workDir: string;
}): readonly Command[] {
  const findText = createTextFinder(parts.database);
  const commands: readonly Command[] = [
    ...queueCommands(parts.queue, parts.conversations, parts.clock),
    ...statusCommands(parts),
    ...modelCommands(parts.conversations, parts.defaultModel),
    ...verboseCommands(parts.conversations, parts.defaultProgress),
    memoryCommand(parts.memory, findText, parts.conversations, parts.clock),
    rememberCommand(parts.memory, parts.conversations),
    forgetCommand(parts.memory, findText, parts.clock),
    ...helpCommands(() => commands),
  ];
  return commands;
}
