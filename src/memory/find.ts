import type { Memory, RecalledMemory } from '../core/memory.ts';
import type { Database } from '../platform/database/open.ts';
import type { Recall } from './recall.ts';
import type { MemoryStore } from './store.ts';

/** Where it is looked. */
export interface Where {
  /** All scopes where none is given. */
  readonly scope?: string;
  /** In what is history by now too. */
  readonly isWhole: boolean;
  /** Words may end otherwise: up to two letters at the end of a long one need not be there. */
  readonly isLoose?: boolean;
}

/** The ids of the memories that a text finds: those that are live first, the newest of them before the others. */
export type TextFinder = (text: string, where: Where) => readonly number[];

/** Longer than all that one memory may say, so that none holds the words of it. */
const MAX_QUERY_LENGTH = 4000;
/** What a search that ranks by words is asked for at the most. */
const RANKED_COUNT = 100;
const LEAST_STEM_LENGTH = 4;
const MAX_ENDING_LENGTH = 2;

/**
 * Makes the search for letters: finds the memories in which all the words of a text stand, as parts of
 * other words too, whatever the language, without case and accents. It reads all there are, some 100 ms
 * for 10,000, so it is for what a person asks for and not for every turn.
 */
export function createTextFinder({ orm }: Database): TextFinder {
  const rows = orm.$client.prepare<
    [{ scope: string | null; isWhole: 0 | 1 }],
    { id: number; isLive: 0 | 1; said: string }
  >(
    `SELECT id, status = 'live' AS isLive, concat_ws(char(10), text, context, outcome, "trigger") AS said
     FROM memories WHERE (:scope IS NULL OR scope = :scope) AND (:isWhole OR status = 'live')
     ORDER BY id DESC`,
  );
  return (text, { scope = null, isWhole, isLoose = false }) => {
    const words = wordsOf(text).map((word) => (isLoose ? stemOf(word) : word));
    if (words.length === 0) return [];
    const live: number[] = [];
    const history: number[] = [];
    for (const { id, isLive, said } of rows.iterate({ scope, isWhole: isWhole ? 1 : 0 })) {
      const folded = fold(said);
      if (words.every((word) => folded.includes(word))) (isLive === 1 ? live : history).push(id);
    }
    return [...live, ...history];
  };
}

/**
 * What a person may mean by some words, best first: the memories that hold all of them, then those that
 * hold one, by its stem. Where there is none of either, those that hold them with other endings.
 */
export function memoriesMeant(
  memory: {
    readonly store: Pick<MemoryStore, 'find'>;
    readonly recall: Pick<Recall, 'searchWords'>;
  },
  findText: TextFinder,
  text: string,
  where: { readonly scope: string; readonly isWhole: boolean },
): readonly Memory[] {
  const ranked = memory.recall.searchWords(where.scope, text, RANKED_COUNT);
  const rankedIds = ranked.map((one) => one.memory.id);
  const holding = new Set(findText(text, where));
  const found = [...rankedIds.filter((id) => holding.has(id)), ...holding, ...rankedIds];
  const ids = found.length > 0 ? found : findText(text, { ...where, isLoose: true });
  return [...new Set(ids)].map((id) => memory.store.find(id)).filter((one) => one !== null);
}

/**
 * What a search did not find though it holds all the words of it, because they are parts of others: live
 * ones, newest first. None where the search found any by its words.
 */
export function holdingParts(
  store: Pick<MemoryStore, 'find'>,
  findText: TextFinder,
  asked: { readonly scope: string; readonly text: string; readonly limit: number },
  found: readonly RecalledMemory[],
): readonly Memory[] {
  if (found.some(({ foundBy }) => foundBy !== 'meaning')) return [];
  return findText(asked.text, { scope: asked.scope, isWhole: false })
    .slice(0, asked.limit)
    .map((id) => store.find(id))
    .filter((one) => one !== null);
}

/** How many other live memories of a scope came from the messages that these came from. */
export function siblingCount({ orm }: Database, ids: readonly number[], scope: string): number {
  const count = orm.$client
    .prepare(
      `SELECT count(DISTINCT sibling.id) FROM memory_sources AS own
       JOIN memory_sources AS same ON same.message_id = own.message_id
       JOIN memories AS sibling ON sibling.id = same.memory_id
       WHERE own.memory_id IN (SELECT value FROM json_each(:ids))
       AND sibling.scope = :scope AND sibling.status = 'live'
       AND sibling.id NOT IN (SELECT value FROM json_each(:ids))`,
    )
    .pluck()
    .get({ ids: JSON.stringify(ids), scope });
  return Number(count);
}

function wordsOf(text: string): readonly string[] {
  if (text.length > MAX_QUERY_LENGTH) return [];
  return [...new Set(fold(text).match(/[\p{L}\p{M}\p{N}\p{S}\p{Co}]+/gu))];
}

function stemOf(word: string): string {
  return word.slice(0, Math.max(LEAST_STEM_LENGTH, word.length - MAX_ENDING_LENGTH));
}

function fold(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]+/gu, '')
    .normalize('NFC')
    .toLowerCase();
}
