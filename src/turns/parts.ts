import type { Agent } from '../core/agent.ts';
import type { Clock } from '../core/clock.ts';
import type { Mask } from '../core/mask.ts';
import type { ProgressLevel } from '../core/progress.ts';
import type { Speech } from '../core/speech.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { MessageStore } from '../inbox/messages.ts';
import type { Queue } from '../inbox/queue.ts';
import type { Recall } from '../memory/recall.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Channels } from '../outbox/channels.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import type { Audit } from '../policy/audit.ts';
import type { Gate } from '../policy/gate.ts';
import type { Approvals } from './approvals.ts';
import type { History } from './history.ts';
import type { Places } from './place.ts';
import type { Questions } from './questions.ts';
import type { ReactionStore } from './reactions.ts';
import type { TurnRecords } from './records.ts';
import type { TurnTools } from './tools.ts';

/** What it takes to run turns. */
export interface TurnParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly agent: Agent;
  /** `null` where it is not set up. */
  readonly speech: Speech | null;
  readonly channels: Channels;
  readonly outbox: Outbox;
  readonly conversations: ConversationStore;
  readonly messages: MessageStore;
  readonly queue: Queue;
  readonly history: History;
  readonly records: TurnRecords;
  readonly reactions: ReactionStore;
  readonly questions: Questions;
  readonly approvals: Approvals;
  readonly tools: TurnTools;
  /** `null` where the memory is turned off. */
  readonly memory: Pick<Recall, 'forTurn'> | null;
  readonly log: Logger;
  /** An existing folder, in which each attempt at a turn gets one of its own. */
  readonly tempDir: string;
  readonly places: Places;
  readonly gate: Gate;
  readonly audit: Audit;
  readonly mask: Mask;
  /** Until a conversation chooses otherwise. */
  readonly progressLevel: ProgressLevel;
  readonly streaming: 'off' | 'edits' | 'draft';
  /** Called when something was put into the outbox. */
  readonly said: () => void;
}
