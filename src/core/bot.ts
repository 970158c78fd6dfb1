import type { Conversation } from './conversation.ts';

/** One of the bots that a service has, as far as those need it who do not speak to its platform. */
export interface BotProfile {
  /** The person's name for it: letters, digits, `-` and `_`. The one in `service.env` is `main`. */
  readonly name: string;
  /** `<channel>:<bot>`, see `sourceOf`. */
  readonly source: string;
  /** Whom it belongs to, by the platform's id; `null` where the settings name no person but a group. */
  readonly ownerId: string | null;
  readonly memberIds: readonly string[];
  /** The conversation with its owner, where what concerns the bot as a whole is said. */
  readonly ownerConversation: Conversation;
  readonly model: string;
  /** Absolute: where Claude works, unless a conversation is in a project. */
  readonly workDir: string;
  /** Absolute: what the person wrote for Claude to know, in this bot alone. Need not be there. */
  readonly instructionsPath: string;
  readonly maxHistoryCount: number;
}

/** The bots as they are now: they may be added, changed and taken away while the service runs. */
export interface Bots {
  /** `null` where the bot of the conversation is no longer set up. */
  of(conversation: Pick<Conversation, 'destination' | 'channel'>): BotProfile | null;
  /** At least one. The first is `main`, where there is one of that name. */
  all(): readonly BotProfile[];
}
