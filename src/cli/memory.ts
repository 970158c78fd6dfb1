import { withMemory } from '../app/from-shell/memory.ts';
import { ClaudioError } from '../core/error.ts';
import { excerpt } from '../core/format.ts';
import type { Memory, MemoryKind, RecalledMemory } from '../core/memory.ts';
import { confidenceLeft } from '../memory/confidence.ts';
import { createTextFinder, holdingParts } from '../memory/find.ts';
import type { MemoryStore } from '../memory/store.ts';
import { isWorthRecalling } from '../memory/score.ts';
import { originLine, percent } from '../memory/telling.ts';
import { exported } from '../memory/transfer.ts';
import { systemClock } from '../platform/clock.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';

/** `claudio memory list` */
export function memoryList(
  context: CliContext,
  options: CommonOptions & {
    readonly kind?: MemoryKind;
    readonly all?: boolean;
    readonly limit: number;
    readonly chat?: string;
  },
): Promise<number> {
  const { kind, limit, chat } = options;
  return withMemory(context.environment, async ({ memory, scopeOf }) => {
    const memories = memory.store.list({
      ...(chat === undefined ? {} : { scope: scopeOf(chat) }),
      ...(kind === undefined ? {} : { kind }),
      isWhole: options.all === true,
      limit,
    });
    if (options.json === true)
      context.print(
        JSON.stringify(
          memories.map((one) => exported(one, systemClock.now())),
          null,
          2,
        ),
      );
    else if (memories.length === 0) context.ui.say('Nothing is remembered.');
    else {
      const isOfMany = new Set(memories.map(({ scope }) => scope)).size > 1;
      for (const one of memories) context.print(memoryLines(one, isOfMany, memory.store));
      if (memories.length === limit) {
        context.ui.say(`The newest ${limit}. --limit shows more.`);
      }
    }
    return await Promise.resolve(EXIT.ok);
  });
}

/**
 * `claudio memory search`: 1 where nothing is found, as with grep.
 *
 * @throws ClaudioError `memory.nothing-named`
 */
export function memorySearch(
  context: CliContext,
  text: string,
  options: CommonOptions & { readonly limit: number; readonly chat?: string },
): Promise<number> {
  if (text.trim() === '') {
    throw new ClaudioError({
      code: 'memory.nothing-named',
      message: 'There is nothing to look for.',
      hint: 'Give some words, such as `claudio memory search "staging deploy"`.',
    });
  }
  return withMemory(context.environment, async ({ memory, database, scopeOf }) => {
    const { embedder, vectors, recall, store } = memory;
    // A recall does not wait long for a model that is not loaded yet, and this is the only one here.
    if (vectors?.current()?.model === embedder?.model) await embedder?.embed([text]);
    const asked = { scope: scopeOf(options.chat), text, limit: options.limit };
    const recalled = await recall.search(asked.scope, text, asked.limit);
    const holding = holdingParts(store, createTextFinder(database), asked, recalled);
    const others = recalled.filter(({ memory: { id } }) => !holding.some((one) => one.id === id));
    const found = [...holding.map((one) => ({ memory: one })), ...others].slice(0, asked.limit);
    if (options.json === true) {
      const all = found.map(({ memory: one, ...why }) => ({
        ...exported(one, systemClock.now()),
        ...why,
      }));
      context.print(JSON.stringify(all, null, 2));
    } else if (found.length === 0) {
      const isByMeaning = embedder !== null && embedder.state().kind !== 'unavailable';
      context.ui.say(isByMeaning ? 'Nothing like that is remembered.' : NOT_BY_WORDS);
    } else {
      for (const one of found) {
        context.print(
          `${memoryLines(one.memory, false, store)}\n${INDENT}${'score' in one ? whyFound(one) : BY_PARTS}`,
        );
      }
    }
    return found.length === 0 ? EXIT.failed : EXIT.ok;
  });
}

const NOT_BY_WORDS =
  'Nothing with these words is remembered. The model, which finds by meaning, is not in use here: see `claudio status`.';
const BY_PARTS = 'found by parts of words';
const ID_WIDTH = 6;
const KIND_WIDTH = 'procedural'.length;
const INDENT = ' '.repeat(ID_WIDTH + 2);

/**
 * A memory as a person reads it: its number, kind, day and text, and below it what else is known, with the
 * message that it came from.
 */
export function memoryLines(
  memory: Memory,
  withScope: boolean,
  store: Pick<MemoryStore, 'sources'>,
): string {
  const { id, kind, createdAtMs, text, source, scope, status, replacedById } = memory;
  const nowMs = systemClock.now();
  const confidence = confidenceLeft(memory, nowMs);
  const sure = confidence === null ? '' : `, ${percent(confidence)} sure`;
  const origin = originLine(memory, store.sources(id), nowMs);
  const details = [
    source + sure,
    ...(memory.context === null ? [] : [`about: ${memory.context}`]),
    ...(memory.outcome === null ? [] : [`outcome: ${memory.outcome}`]),
    ...(memory.trigger === null ? [] : [`when: ${memory.trigger}`]),
    ...(status === 'live'
      ? []
      : [replacedById === null ? status : `${status}, see ${replacedById}`]),
    ...(origin === null ? [] : [origin.charAt(0).toLowerCase() + origin.slice(1)]),
    ...(withScope ? [scope] : []),
  ];
  const line = `${String(id).padStart(ID_WIDTH)}  ${kind.padEnd(KIND_WIDTH)}  ${dayOf(createdAtMs)}  ${oneLine(text)}`;
  return [line, ...details.map((detail) => INDENT + oneLine(detail))].join('\n');
}

function whyFound(found: RecalledMemory): string {
  const { score, similarity, activation, foundBy } = found;
  const by = { meaning: 'meaning', words: 'words', both: 'meaning and words' }[foundBy];
  return [
    `score ${score.toFixed(2)}, found by ${by}`,
    `similarity ${similarity.toFixed(2)}`,
    `activation ${activation.toFixed(2)}`,
    ...(isWorthRecalling(found) ? [] : ['too little to come to mind']),
  ].join(', ');
}

/** The day in the machine's time zone, as ISO 8601 has it. */
function dayOf(atMs: number): string {
  return new Intl.DateTimeFormat('sv', { dateStyle: 'short' }).format(atMs);
}

/** A memory may hold what moves the cursor, or turns the line around. */
function oneLine(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, ' ');
  return excerpt(plain, plain.length + 1);
}
