import type { Button } from '../core/channel.ts';
import { excerpt } from '../core/format.ts';
import type { Memory } from '../core/memory.ts';
import { listedMemory } from './telling.ts';

/** The verbs of the buttons below it: `forget:<id>,<id>…` and `keep:<id>,<id>…`. */
export const FORGET = 'forget';
export const KEEP = 'keep';

/** The most memories in one question. With more the buttons would not hold their ids. */
export const MAX_ASKED_COUNT = 5;

/** What whoever is asked has to know. */
export const LASTING =
  'What is forgotten cannot be brought back. The messages that it came from stay in the chat.';
const TEXT_LENGTH = 300;
const LABEL_LENGTH = 28;
/** As many as {@link MAX_ASKED_COUNT}, of so many digits that they fit the 64 bytes of a button. */
const IDS = /^[1-9]\d{0,9}(?:,[1-9]\d{0,9}){0,4}$/u;

/**
 * Asks a person whether memories are to be forgotten.
 *
 * @param memories 1 to {@link MAX_ASKED_COUNT}.
 * @param options.asker Who wants them forgotten; Claude only suggests it.
 * @param options.moreCount How many were found that are not among them.
 */
export function forgetQuestion(
  memories: readonly Memory[],
  nowMs: number,
  { asker, moreCount = 0 }: { readonly asker: 'person' | 'claude'; readonly moreCount?: number },
): { readonly markdown: string; readonly buttons: readonly (readonly Button[])[] } {
  const isOne = memories.length === 1;
  const lead = {
    person: isOne ? 'Shall I forget this?' : 'Which of these shall I forget?',
    claude: isOne ? 'I would forget this. May I?' : 'I would forget these. May I?',
  }[asker];
  const listed = memories.map((memory, index) =>
    listedMemory(memory, { number: index + 1, length: TEXT_LENGTH, confidence: null, nowMs }),
  );
  const more =
    moreCount === 0
      ? []
      : [
          `And ${moreCount} more with these words, or one of them: forget these first, or narrow it down.`,
        ];
  const all = memories.map(({ id }) => id).join(',');
  return {
    markdown: [`🗑 ${lead}`, ...listed, ...more, LASTING].join('\n\n'),
    buttons: [
      ...memories.map(({ id, text }, index) => [
        { label: `🗑 ${index + 1}: ${excerpt(text, LABEL_LENGTH)}`, data: `${FORGET}:${id}` },
      ]),
      [
        ...(isOne ? [] : [{ label: `🗑 All ${memories.length}`, data: `${FORGET}:${all}` }]),
        { label: 'Keep', data: `${KEEP}:${all}` },
      ],
    ],
  };
}

/** The ids that a button carries; none where it is no button of ours. */
export function askedIds(argument: string): readonly number[] {
  return IDS.test(argument) ? argument.split(',').map(Number) : [];
}
