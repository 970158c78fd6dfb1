import type { Clock } from '../core/clock.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { InboundPress } from '../core/inbound.ts';
import {
  askedIds,
  FORGET,
  forgetQuestion,
  KEEP,
  MAX_ASKED_COUNT,
} from '../memory/forget-question.ts';
import type { Recall } from '../memory/recall.ts';
import type { MemoryStore } from '../memory/store.ts';
import { memoriesCount } from '../memory/telling.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Command } from './command.ts';
import { TURNED_OFF } from './memory.ts';

/** `/forget`: shows what it finds by words, with buttons. Nothing is forgotten before one is pressed. */
export function forgetCommand(memory: { readonly recall: Recall } | null, clock: Clock): Command {
  return {
    name: 'forget',
    description: 'Make me forget: “/forget WORDS” shows what I find first',
    run: ({ conversation }, args) => {
      if (memory === null) return { markdown: TURNED_OFF };
      const words = args.trim();
      if (words === '') {
        return {
          markdown:
            'Send /forget with some words of what I should forget, such as `/forget old address`. I show you what I find, and ask before anything is gone.',
        };
      }
      const found = memory.recall.searchWords(conversation.destination, words, MAX_ASKED_COUNT);
      if (found.length === 0) {
        return {
          markdown:
            'I found nothing with these words, so there is nothing to forget. Other words may find it; /memory shows what I was reminded of last.',
        };
      }
      return forgetQuestion(
        found.map((one) => one.memory),
        clock.now(),
        'person',
      );
    },
  };
}

/**
 * What the buttons below the question do, by their verbs: the short word for the one who pressed, or
 * `null` where none of it is there any more. A button counts only in the chat whose memories it names.
 */
export function forgetPresses(
  store: MemoryStore,
  outbox: Outbox,
): ReadonlyMap<string, (press: InboundPress, argument: string) => string | null> {
  /** In place of the question, which has the very words that are to be gone. */
  const settle = (press: InboundPress, what: string) => {
    outbox.edit(press.conversation, {
      messageId: press.messageId,
      markdown: `**${what}, by ${escapeMarkdown(press.sender.name)}.**`,
      buttons: [],
    });
  };

  const forget = (press: InboundPress, argument: string): string | null => {
    const gone = store.forget(askedIds(argument), press.conversation.destination);
    if (gone.length === 0) return null;
    settle(press, `🗑 Forgotten: ${memoriesCount(gone.length)}`);
    return 'Forgotten.';
  };

  /** Where one of them is gone, it was not kept. */
  const keep = (press: InboundPress, argument: string): string | null => {
    const ids = askedIds(argument);
    const { destination } = press.conversation;
    const isThere = ids.every((id) => store.find(id)?.scope === destination);
    if (ids.length === 0 || !isThere) return null;
    settle(press, `👍 Kept: ${memoriesCount(ids.length)}`);
    return 'Kept.';
  };

  return new Map([
    [FORGET, forget],
    [KEEP, keep],
  ]);
}
