import { z } from 'zod';
import { parseJson } from '../../core/json.ts';
import { MEMORY_KINDS, type Memory, type NewMemory } from '../../core/memory.ts';
import { checkMemory } from '../check.ts';

/** So many memories of an answer are looked at. */
const MOST_COUNT = 20;

/** What an answer proposes to keep, and how much of it was dropped because it cannot be. */
export type ProposalsReading =
  | {
      readonly kind: 'read';
      readonly proposals: readonly NewMemory[];
      readonly droppedCount: number;
    }
  /** There is no such object in it. */
  | { readonly kind: 'unreadable' };

const share = orNull(z.number().min(0).max(1));
const detail = orNull(z.string());
const numbers = z.array(z.int()).min(1);

const proposalSchema = z.object({
  kind: z.enum(MEMORY_KINDS),
  text: z.string(),
  context: detail,
  outcome: detail,
  trigger: detail,
  importance: share,
  confidence: share,
  messages: numbers,
});
const factSchema = z.object({ text: z.string(), confidence: share, episodes: numbers });
const verdictSchema = z.object({
  pair: z.int(),
  verdict: z.enum(['same', 'contradicts', 'different']),
});

export type Verdict = z.infer<typeof verdictSchema>['verdict'];

function orNull<Value>(schema: z.ZodType<Value>) {
  return schema.nullish().transform((value) => value ?? null);
}

/** @param messageIds Those that the model was shown, in their order. */
export function readProposals(text: string, messageIds: readonly number[]): ProposalsReading {
  return readEach(text, 'memories', (item) => {
    const read = proposalSchema.safeParse(item);
    if (!read.success) return null;
    const { messages, ...memory } = read.data;
    const heardIn = chosen(messageIds, messages);
    return heardIn === null
      ? null
      : { ...ofItsKind(memory), source: 'learned', messageIds: heardIn };
  });
}

/** An episode that the model was shown, and the messages that it came from. */
interface ShownEpisode extends Pick<Memory, 'id' | 'createdAtMs'> {
  readonly messageIds: readonly number[];
}

/** @param episodes Those that the model was shown, in their order. */
export function readFacts(text: string, episodes: readonly ShownEpisode[]): ProposalsReading {
  return readEach(text, 'facts', (item) => {
    const read = factSchema.safeParse(item);
    if (!read.success) return null;
    const origins = chosen(episodes, read.data.episodes);
    if (origins === null) return null;
    const { text: fact, confidence } = read.data;
    return {
      kind: 'semantic',
      text: fact,
      confidence,
      source: 'distilled',
      messageIds: [...new Set(origins.flatMap(({ messageIds }) => messageIds))],
      episodeIds: origins.map(({ id }) => id),
      // Not of today: something newer may say otherwise.
      createdAtMs: Math.max(...origins.map(({ createdAtMs }) => createdAtMs)),
    };
  });
}

/**
 * The verdicts of an answer, by the index of their pair; pairs that were not asked about are left out.
 *
 * @returns `null` where there are none to be read.
 */
export function readVerdicts(text: string, pairCount: number): ReadonlyMap<number, Verdict> | null {
  const items = readItems(text, 'verdicts');
  if (items === null) return null;
  const verdicts = new Map<number, Verdict>();
  for (const item of items) {
    const read = verdictSchema.safeParse(item);
    if (!read.success) continue;
    const { pair, verdict } = read.data;
    if (pair >= 1 && pair <= pairCount) verdicts.set(pair - 1, verdict);
  }
  return verdicts;
}

function readEach(
  text: string,
  name: string,
  read: (item: unknown) => NewMemory | null,
): ProposalsReading {
  const items = readItems(text, name);
  if (items === null) return { kind: 'unreadable' };
  const proposals = items
    .slice(0, MOST_COUNT)
    .map(read)
    .filter((memory) => memory !== null)
    .filter((memory) => checkMemory(memory).kind === 'fit');
  return { kind: 'read', proposals, droppedCount: items.length - proposals.length };
}

/** The list of this name in the object that an answer holds; `null`: there is none. */
function readItems(text: string, name: string): readonly unknown[] | null {
  const schema = z.object({ [name]: z.array(z.unknown()) });
  for (const candidate of candidatesOf(text)) {
    const read = schema.safeParse(parseJson(candidate));
    if (read.success) return read.data[name] ?? null;
  }
  return null;
}

/** Where an object may stand in an answer: alone, in a block of code, between words. */
function candidatesOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/```[^\n]*\n(.*?)```/gsu)].map(([, block = '']) => block);
  return [text, ...blocks, text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)];
}

/** What stands at these places, counted from 1; `null` where one of them is not there. */
function chosen<Item>(items: readonly Item[], places: readonly number[]): readonly Item[] | null {
  const found = [...new Set(places)].flatMap((place) => {
    const item = items[place - 1];
    return item === undefined ? [] : [item];
  });
  return found.length === new Set(places).size ? found : null;
}

/** Without what does not belong to its kind, and was sent along. */
function ofItsKind(memory: Omit<z.infer<typeof proposalSchema>, 'messages'>) {
  const { kind, text, context, outcome, trigger, importance, confidence } = memory;
  switch (kind) {
    case 'episodic':
      return { kind, text, context, outcome, importance };
    case 'semantic':
      return { kind, text, confidence };
    case 'procedural':
      return { kind, text, trigger };
  }
}
