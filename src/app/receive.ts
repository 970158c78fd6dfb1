import type { Inbound } from '../core/inbound.ts';
import type { Acceptance } from '../inbox/accept.ts';
import type { Logger } from '../platform/log.ts';
import type { Telegram } from './telegram.ts';

/** Takes an update of a bot; see {@link createReceiver}. */
export type Receive = (
  bot: Pick<Telegram, 'source' | 'parse' | 'channel'>,
  update: unknown,
) => boolean;

/**
 * Takes what a webhook delivered: makes sense of it, commits it, and only then shows signs of life and
 * wakes those who act on it.
 *
 * @returns false for something that is no update.
 * @throws what the database throws when it cannot commit.
 */
export function createReceiver(parts: {
  readonly accept: (source: string, inbound: Inbound) => Acceptance;
  readonly wake: () => void;
  readonly log: Logger;
}): Receive {
  const { log } = parts;

  return ({ source, parse, channel: { signs } }, update) => {
    const inbound = parse(update);
    if (inbound === null) return false;
    const acceptance = parts.accept(source, inbound);
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
