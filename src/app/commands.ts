import { accessCommand } from '../commands/access.ts';
import type { Command } from '../commands/command.ts';
import { forgetCommand } from '../commands/forget.ts';
import { helpCommands } from '../commands/help.ts';
import { listenCommand } from '../commands/listen.ts';
import { memoryCommand } from '../commands/memory.ts';
import { modeCommand } from '../commands/mode.ts';
import { modelCommands } from '../commands/model.ts';
import { projectCommand } from '../commands/project.ts';
import { queueCommands } from '../commands/queue.ts';
import { rememberCommand } from '../commands/remember.ts';
import { statusCommands } from '../commands/status.ts';
import { verboseCommands } from '../commands/verbose.ts';
import type { Bots } from '../core/bot.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import type { ProgressLevel } from '../core/progress.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Modes } from '../inbox/modes.ts';
import type { Overheard } from '../inbox/overheard.ts';
import type { Queue } from '../inbox/queue.ts';
import { createTextFinder } from '../memory/find.ts';
import type { Recall } from '../memory/recall.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import type { Access } from '../policy/access.ts';
import type { Appointments } from '../policy/appointments.ts';
import type { Bounds } from '../policy/folders.ts';
import type { ProjectStore } from '../policy/projects.ts';
import type { ApprovalRules } from '../turns/approval-rules.ts';
import type { UsageReport } from '../turns/usage.ts';

/** All commands that come with Claudio, in the order in which they are listed. */
export function createCommands(parts: {
  readonly database: Database;
  readonly conversations: ConversationStore;
  readonly overheard: Overheard;
  readonly queue: Queue;
  readonly usage: UsageReport;
  /** `null` where it is turned off. */
  readonly memory: { readonly store: MemoryStore; readonly recall: Recall } | null;
  readonly clock: Clock;
  readonly access: Access;
  readonly appointments: Appointments;
  readonly bots: Bots;
  readonly defaultModel: (conversation: Conversation) => string;
  readonly defaultProgress: ProgressLevel;
  readonly modes: Modes;
  readonly defaultFolder: (conversation: Conversation) => string;
  readonly projects: ProjectStore;
  /** What may be worked in. */
  readonly bounds: Bounds;
  readonly outbox: Outbox;
  readonly rules: ApprovalRules;
  /** Those of the person's own, as they are now: for the list. */
  readonly own?: () => readonly Command[];
}): readonly Command[] {
  const findText = createTextFinder(parts.database);
  const commands: readonly Command[] = [
    ...queueCommands(parts.queue, parts.conversations, parts.clock, parts.access),
    ...statusCommands(parts),
    projectCommand(parts),
    ...modelCommands(parts.conversations, parts.defaultModel, parts.access),
    modeCommand(parts),
    ...verboseCommands(parts.conversations, parts.defaultProgress, parts.access),
    memoryCommand(parts.memory, findText, parts.conversations, parts.clock, parts.access),
    rememberCommand(parts.memory, parts.conversations),
    forgetCommand(parts.memory, findText, parts.clock),
    accessCommand(parts),
    listenCommand(parts.conversations, parts.overheard),
    ...helpCommands(() => [...commands, ...(parts.own?.() ?? [])], parts.access),
  ];
  return commands;
}
