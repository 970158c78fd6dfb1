import { z } from 'zod';
import { MEMORY_KINDS, MEMORY_SOURCES, type Memory, type NewMemory } from '../core/memory.ts';
import { confidenceLeft } from './confidence.ts';
import { linesOf } from './lines.ts';
import type { MemoryStore } from './store.ts';

/** So many are read, and written, at a time: none of it keeps the service waiting. */
const PAGE_COUNT = 100;

/** What the scope of a memory looks like: `telegram:<bot>:<chat>`. */
const SCOPE = /^[a-z]{1,32}:[\w-]{1,64}:[\w-]{1,64}$/u;
const STATUSES = ['live', 'superseded', 'distilled'] as const;

const words = (name: string) =>
  z
    .string({
      error: ({ input }) => (input === undefined ? `${name} is missing` : `${name} must be a text`),
    })
    .refine((text) => !text.includes('\0') && text.isWellFormed(), {
      error: `${name} holds what is no text`,
    });
const amount = (name: string) => {
  const error = `${name} must be a number from 0 to 1`;
  return z.number({ error }).min(0, { error }).max(1, { error }).nullish();
};

/** Strict, so that a misspelt name is told and its content not lost. */
const lineSchema = z.strictObject({
  kind: z.enum(MEMORY_KINDS, { error: 'kind must be episodic, semantic or procedural' }),
  text: words('text'),
  context: words('context').nullish(),
  outcome: words('outcome').nullish(),
  trigger: words('trigger').nullish(),
  importance: amount('importance'),
  confidence: amount('confidence'),
  created: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], {
      error: 'created must be a date, such as 2026-11-21 or 2026-11-21T09:30:00Z',
    })
    .transform((text) => Date.parse(text))
    .optional(),
  scope: z
    .string({ error: 'scope must be a text' })
    .regex(SCOPE, { error: 'scope must name a chat, such as telegram:1:42' })
    .optional(),
  status: z
    .enum(STATUSES, { error: 'status must be live, superseded or distilled' })
    .default('live'),
  /** These two tell a reader something, and are not taken over. */
  id: z.unknown().optional(),
  source: z
    .enum(MEMORY_SOURCES, { error: `source must be ${MEMORY_SOURCES.join(', ')}` })
    .optional(),
});

/** A line of a file, read. */
export type ImportedLine =
  | { readonly kind: 'memory'; readonly scope: string | null; readonly memory: NewMemory }
  /** It was superseded or distilled when it was exported, and what came of it has a line of its own. */
  | { readonly kind: 'history' }
  /** `reason`: a sentence without its full stop, which quotes nothing. */
  | { readonly kind: 'refused'; readonly reason: string };

/** A memory as a line of JSON, without the line break. */
export function exportedLine(memory: Memory, nowMs: number): string {
  return JSON.stringify(exported(memory, nowMs));
}

/**
 * A memory as others are to read it, times in ISO 8601. Its confidence is what is left of it, because
 * where it is taken in it counts as used anew.
 */
export function exported(memory: Memory, nowMs: number) {
  return {
    id: memory.id,
    kind: memory.kind,
    text: memory.text,
    context: memory.context,
    outcome: memory.outcome,
    trigger: memory.trigger,
    importance: memory.importance,
    confidence: confidenceLeft(memory, nowMs),
    created: new Date(memory.createdAtMs).toISOString(),
    source: memory.source,
    scope: memory.scope,
    status: memory.status,
  };
}

/** All memories of a scope or of all, the oldest first, a page at a time. */
export function* allMemories(
  store: Pick<MemoryStore, 'list'>,
  options: { readonly scope?: string; readonly isWhole: boolean },
): Generator<readonly Memory[]> {
  const pageBefore = (beforeId: number) => store.list({ ...options, beforeId, limit: PAGE_COUNT });
  const pages: { readonly beforeId: number; readonly firstId: number }[] = [];
  for (let beforeId = Number.MAX_SAFE_INTEGER; ;) {
    const firstId = pageBefore(beforeId).at(-1)?.id;
    if (firstId === undefined) break;
    pages.push({ beforeId, firstId });
    beforeId = firstId;
  }
  for (const { beforeId, firstId } of pages.toReversed()) {
    // Where some were forgotten meanwhile, the page reaches into the one before.
    yield pageBefore(beforeId)
      .filter(({ id }) => id >= firstId)
      .toReversed();
  }
}

/** Reads a line of an export, or one that was written by hand. */
export function readLine(line: string): ImportedLine {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    // Its message quotes the text.
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'refused', reason: 'is no JSON' };
  }
  const read = lineSchema.safeParse(json);
  if (!read.success) return { kind: 'refused', reason: reasonOf(read.error) };
  const { scope, status, created, ...rest } = read.data;
  if (status !== 'live') return { kind: 'history' };
  const { kind, text, context, outcome, trigger, importance, confidence } = rest;
  return {
    kind: 'memory',
    scope: scope ?? null,
    memory: {
      kind,
      text,
      context: context ?? null,
      outcome: outcome ?? null,
      trigger: trigger ?? null,
      importance: importance ?? null,
      confidence: confidence ?? null,
      source: 'imported',
      ...(created === undefined ? {} : { createdAtMs: created }),
    },
  };
}

function reasonOf(error: z.ZodError): string {
  // A name that is misspelt explains why another is missing.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  if (issue === undefined) return 'is not what an export looks like';
  if (issue.code === 'unrecognized_keys')
    return `has names that mean nothing: ${issue.keys.join(', ').slice(0, 100)}`;
  return issue.path.length === 0 ? 'must be an object' : issue.message;
}

/** What an import came to. */
export interface ImportCounts {
  rememberedCount: number;
  /** The same words were there already. */
  knownCount: number;
  historyCount: number;
  refusedCount: number;
}

/**
 * Remembers what the lines of a stream say, some at a time. A line that cannot be taken holds none of the
 * others up.
 *
 * @param options.scopeOf Where a memory goes, from where its line says that it came from.
 * @param options.commit Runs what it is given in one transaction, more than once where that was refused.
 * @param options.refused Is told each line that was not taken.
 * @throws what the stream and `commit` throw.
 */
export async function importMemories(options: {
  readonly store: Pick<MemoryStore, 'remember'>;
  readonly stream: AsyncIterable<Uint8Array>;
  readonly scopeOf: (scope: string | null) => string;
  readonly commit: <T>(work: () => T) => Promise<T>;
  readonly refused: (lineNumber: number, reason: string) => void;
}): Promise<Readonly<ImportCounts>> {
  const { store, scopeOf, commit } = options;
  const counts = { rememberedCount: 0, knownCount: 0, historyCount: 0, refusedCount: 0 };
  let waiting: Waiting[] = [];
  const flush = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    const outcomes = await commit(() =>
      batch.map(({ number, what }) => ({
        number,
        ...(what.kind === 'memory' ? store.remember(scopeOf(what.scope), what.memory) : what),
      })),
    );
    for (const outcome of outcomes) {
      if (outcome.kind === 'remembered') counts.rememberedCount += 1;
      else if (outcome.kind === 'known') counts.knownCount += 1;
      else {
        counts.refusedCount += 1;
        options.refused(outcome.number, outcome.reason.replace(/\.$/u, ''));
      }
    }
  };
  for await (const line of linesOf(options.stream)) {
    const what = line.kind === 'text' ? readLine(line.text) : line;
    if (what.kind === 'history') counts.historyCount += 1;
    else waiting.push({ number: line.number, what });
    if (waiting.length >= PAGE_COUNT) await flush();
  }
  await flush();
  return counts;
}

/** A line that is to be remembered or told, in its order. */
interface Waiting {
  readonly number: number;
  readonly what: Exclude<ImportedLine, { kind: 'history' }>;
}
