import type { Channel } from '../core/channel.ts';
import type { Inbound } from '../core/inbound.ts';
import type { Acceptance } from '../inbox/accept.ts';
import type { Logger } from '../platform/log.ts';

/**
 * Takes what a webhook delivered: makes sense of it, commits it, and only then shows signs of life and
 * wakes those who act on it.
 *
 * @returns false for something that is no update.
 * @throws what the database throws when it cannot commit.
 */
export function createReceiver(parts: {
  readonly source: string;
  readonly parse: (update: unknown) => Inbound | null;
  readonly accept: (source: string, inbound: Inbound) => Acceptance;
  readonly channel: Channel;
  readonly wake: () => void;
  readonly log: Logger;
}): (update: unknown) => boolean {
  const { log } = parts;
  const { signs } = parts.channel;

  return (update) => {
    const inbound = parts.parse(update);
    if (inbound === null) return false;
    const acceptance = parts.accept(parts.source, inbound);
    const fields = {
      update: inbound.updateId,
      ...(inbound.kind === 'ignored' ? {} : { conversation: inbound.conversation.id }),
    };
    if (acceptance.kind === 'ignored' || acceptance.kind === 'duplicate') {
      const level = 'isNotable' in acceptance && acceptance.isNotable ? 'warn' : 'debug';
      log[level]({ ...fields, ...acceptance }, `update.${acceptance.kind}`);
      return true;
    }
    const turn = 'turnId' in acceptance ? { turn: acceptance.turnId } : {};
    log.info({ ...fields, ...turn }, `update.${acceptance.kind}`);
    // Everything else can wait until the acknowledgement is on its way.
    setImmediate(() => {
      if (inbound.kind === 'press' && 'word' in acceptance) {
        signs.pressed(inbound.pressId, acceptance.word);
      } else if (inbound.kind === 'message' && isForClaude(acceptance)) {
        signs.seen(inbound.conversation, inbound.messageId);
      }
      parts.wake();
    });
    return true;
  };
}

function isForClaude(acceptance: Acceptance): boolean {
  return 'what' in acceptance && (acceptance.what === 'turn' || acceptance.what === 'answer');
}
