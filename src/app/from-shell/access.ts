import { eq } from 'drizzle-orm';
import { chatMoves, conversations } from '../../../drizzle/schema.ts';
import { CHANNEL } from '../../channels/telegram/parse.ts';
import { conversationOf } from '../../core/conversation.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Environment } from '../../platform/configuration/load.ts';
import { createAppointments, type Appointments } from '../../policy/appointments.ts';
import type { Reach } from '../../policy/grants.ts';
import { withShell, type Shell } from './open.ts';

/** A shell, with who may do what. */
export interface AccessShell extends Shell {
  readonly appointments: Appointments;
  /** Where a role of the bot counts: in this chat, by the platform's id of it, or in every chat. */
  reachOf(chat?: string): Reach;
  /** The id that the platform has for a chat now. */
  chatOf(destination: string): string;
}

/**
 * The same as {@link withShell}, with what decides about roles. The service sees a change with the next
 * message.
 *
 * @throws ClaudioError as {@link withShell} does.
 */
export function withAccess<T>(
  environment: Environment,
  work: (shell: AccessShell) => Promise<T>,
  options: { readonly bot?: string | undefined } = {},
): Promise<T> {
  return withShell(
    environment,
    (shell) => {
      const { database, bot, bots, audit } = shell;
      const clock = systemClock;
      /** A chat that got a new id keeps its old one here, and its roles with it. */
      const knownAs = (destination: string): string =>
        database.orm
          .select({ knownAs: chatMoves.knownAs })
          .from(chatMoves)
          .where(eq(chatMoves.destination, destination))
          .get()?.knownAs ?? destination;
      const [, botId = ''] = bot.source.split(':');
      return work({
        ...shell,
        appointments: createAppointments({ database, clock, bots, audit }),
        reachOf: (chat) => {
          if (chat === undefined) return { source: bot.source, destination: null };
          const named = conversationOf({ channel: CHANNEL, bot: botId, chat, thread: null });
          return { source: bot.source, destination: knownAs(named.destination) };
        },
        chatOf: (destination) =>
          database.orm
            .select({ chat: conversations.chat })
            .from(conversations)
            .where(eq(conversations.destination, destination))
            .limit(1)
            .get()?.chat ?? destination.slice(bot.source.length + 1),
      });
    },
    options,
  );
}
