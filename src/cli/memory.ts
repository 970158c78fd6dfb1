import { withMemory } from '../app/from-shell/memory.ts';
import { excerpt } from '../core/format.ts';
import type { Memory, MemoryKind, RecalledMemory } from '../core/memory.ts';
import { confidenceNow } from '../memory/confidence.ts';
import { percent } from '../memory/telling.ts';
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
    if (options.json === true) context.print(JSON.stringify(memories.map(exported), null, 2));
    else if (memories.length === 0) context.ui.say('Nothing is remembered.');
    else {
      const isOfMany = new Set(memories.map(({ scope }) => scope)).size > 1;
      for (const one of memories) context.print(memoryLines(one, isOfMany));
      if (memories.length === limit) {
        context.ui.say(`The newest ${limit}. --limit shows more.`);
      }
    }
    return await Promise.resolve(EXIT.ok);
  });
}

/** `claudio memory search`: 1 where nothing is found, as with grep. */
export function memorySearch(
  context: CliContext,
  text: string,
  options: CommonOptions & { readonly limit: number; readonly chat?: string },
): Promise<number> {
  return withMemory(context.environment, async ({ memory, scopeOf }) => {
    const { embedder, vectors, recall } = memory;
    // A recall does not wait long for a model that is not loaded yet, and this is the only one here.
    if (vectors?.current()?.model === embedder?.model) await embedder?.embed([text]);
    const found = await recall.search(scopeOf(options.chat), text, options.limit);
    if (options.json === true) {
      const all = found.map(({ memory: one, ...why }) => ({ ...exported(one), ...why }));
      context.print(JSON.stringify(all, null, 2));
    } else if (found.length === 0) context.ui.say('Nothing like that is remembered.');
    else {
      for (const one of found) {
        context.print(`${memoryLines(one.memory, false)}\n${INDENT}${whyFound(one)}`);
      }
    }
    return found.length === 0 ? EXIT.failed : EXIT.ok;
  });
}

const ID_WIDTH = 6;
const KIND_WIDTH = 'procedural'.length;
const INDENT = ' '.repeat(ID_WIDTH + 2);

/** A memory as a person reads it: its number, kind, day and text, and below it what else is known. */
export function memoryLines(memory: Memory, withScope: boolean): string {
  const { id, kind, createdAtMs, text, source, scope, status, replacedById } = memory;
  const sure = memory.confidence === null ? '' : `, ${percent(sureness(memory))} sure`;
  const details = [
    source + sure,
    ...(memory.context === null ? [] : [`about: ${memory.context}`]),
    ...(memory.outcome === null ? [] : [`outcome: ${memory.outcome}`]),
    ...(memory.trigger === null ? [] : [`when: ${memory.trigger}`]),
    ...(status === 'live'
      ? []
      : [replacedById === null ? status : `${status}, see ${replacedById}`]),
    ...(withScope ? [scope] : []),
  ];
  const line = `${String(id).padStart(ID_WIDTH)}  ${kind.padEnd(KIND_WIDTH)}  ${dayOf(createdAtMs)}  ${oneLine(text)}`;
  return [line, ...details.map((detail) => INDENT + oneLine(detail))].join('\n');
}

/** What is left of the confidence of a fact. */
function sureness({ confidence, recentAccessesMs, createdAtMs }: Memory): number {
  return confidenceNow(confidence ?? 0, recentAccessesMs[0] ?? createdAtMs, systemClock.now());
}

function whyFound({ score, similarity, activation, foundBy }: RecalledMemory): string {
  const by = { meaning: 'meaning', words: 'words', both: 'meaning and words' }[foundBy];
  return [
    `score ${score.toFixed(2)}, found by ${by}`,
    `similarity ${similarity.toFixed(2)}`,
    `activation ${activation.toFixed(2)}`,
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
