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
import { memoriesMeant, siblingCount, type TextFinder } from '../memory/find.ts';
import type { Recall } from '../memory/recall.ts';
import type { MemoryStore } from '../memory/store.ts';
import { memoriesCount } from '../memory/telling.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import type { Command } from './command.ts';
import { TURNED_OFF } from './memory.ts';

/**
 * `/forget`: shows what it finds by words, history too, with buttons. Nothing is forgotten before one is
 * pressed.
 */
export function forgetCommand(
  memory: { readonly store: MemoryStore; readonly recall: Recall } | null,
  findText: TextFinder,
  clock: Clock,
): Command {
  return {
    name: 'forget',
    needs: 'remember' as const,
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
      const where = { scope: conversation.destination, isWhole: true };
      const found = memoriesMeant(memory, findText, words, where);
      if (found.length === 0) {
        return {
          markdown:
            'I found nothing with these words, so there is nothing to forget. Other words may find it; /memory shows what I was reminded of last.',
        };
      }
      return forgetQuestion(found.slice(0, MAX_ASKED_COUNT), clock.now(), {
        asker: 'person',
        moreCount: Math.max(0, found.length - MAX_ASKED_COUNT),
      });
    },
  };
}

/**
 * What the buttons below the question do, by their verbs: the short word for the one who pressed, or
 * `null` where none of it is there any more. A button counts only in the chat whose memories it names.
 */
export function forgetPresses(
  store: MemoryStore,
  database: Database,
  outbox: Outbox,
): ReadonlyMap<string, (press: InboundPress, argument: string) => string | null> {
  /** In place of the question, which has the very words that are to be gone. */
  const settle = (press: InboundPress, what: string, more = '') => {
    outbox.edit(press.conversation, {
      messageId: press.messageId,
      markdown: `**${what}, by ${escapeMarkdown(press.sender.name)}.**${more}`,
      buttons: [],
    });
  };

  const forget = (press: InboundPress, argument: string): string | null => {
    const { destination } = press.conversation;
    const ids = askedIds(argument);
    const keptCount = siblingCount(database, ids, destination);
    const gone = store.forget(ids, destination);
    if (gone.length === 0) return null;
    settle(press, `🗑 Forgotten: ${memoriesCount(gone.length)}`, siblingsKept(keptCount));
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

/** What was said once may be remembered in more than one way. */
function siblingsKept(count: number): string {
  if (count === 0) return '';
  return count === 1
    ? ' 1 other memory came from the same messages; /forget finds it too.'
    : ` ${count} other memories came from the same messages; /forget finds them too.`;
}
