import { CHANNEL } from '../../channels/telegram/parse.ts';
import { conversationOf } from '../../core/conversation.ts';
import { openMemory, type OpenMemory } from '../../memory/open.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Environment } from '../../platform/configuration/load.ts';
import { silentLog } from '../../platform/log.ts';
import { withShell, type Shell } from './open.ts';

/** A shell, with what is remembered. */
export interface MemoryShell extends Shell {
  readonly memory: OpenMemory;
  /** Where a chat's memories are; that of the owner unless one is given. */
  scopeOf(chat?: string): string;
}

/**
 * The same as {@link withShell}, with the memory open. The model is loaded only where something is embedded.
 *
 * @throws ClaudioError as {@link withShell} does.
 */
export function withMemory<T>(
  environment: Environment,
  work: (shell: MemoryShell) => Promise<T>,
): Promise<T> {
  return withShell(environment, async (shell) => {
    const { database, home, settings, conversation } = shell;
    const memory = openMemory({
      database,
      clock: systemClock,
      log: silentLog(),
      home,
      model: settings.MEMORY_EMBEDDING_MODEL,
    });
    const [, bot = ''] = conversation.destination.split(':');
    try {
      return await work({
        ...shell,
        memory,
        scopeOf: (chat) =>
          chat === undefined
            ? conversation.destination
            : conversationOf({ channel: CHANNEL, bot, chat, thread: null }).destination,
      });
    } finally {
      await memory.close();
    }
  });
}
