import { and, asc, count, desc, eq, lt, sql } from 'drizzle-orm';
import {
  memories,
  memoryOrigins,
  memorySources,
  memoryVectors,
  messages,
} from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Memory, MemoryKind, NewMemory } from '../core/memory.ts';
import type { Database } from '../platform/database/open.ts';
import { withAccess } from './activation.ts';
import { checkMemory } from './check.ts';
import { confidenceNow } from './confidence.ts';
import { createForgetting } from './forgetting.ts';
import { LIVE, prepareStatements } from './statements.ts';
import type { VectorIndex } from './vectors.ts';

/** What became of something to remember. */
export type RememberOutcome =
  | { readonly kind: 'remembered'; readonly memory: Memory }
  /** The same words were there already, and count as accessed. */
  | { readonly kind: 'known'; readonly memory: Memory }
  /** It cannot be kept; `reason` is a sentence for a person: empty, too long, secret-like. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Counts of what is kept. With 100,000 memories they take some 100 ms: nothing for every turn. */
export interface MemoryCounts {
  readonly liveByKind: Readonly<Record<MemoryKind, number>>;
  readonly supersededCount: number;
  readonly distilledCount: number;
  /** Live ones with a vector of the given model, or of any where none is given. Counted when it is read. */
  readonly embeddedCount: number;
}

/**
 * The memories of all scopes. Everything is synchronous and, apart from what counts and what forgets, takes no
 * longer than a few milliseconds; what writes may stand in a transaction of the caller.
 */
export interface MemoryStore {
  /** Looks at what is to be remembered, and keeps it. It gets its vector later, see backfill.ts. */
  remember(scope: string, memory: NewMemory): RememberOutcome;
  /** Whatever its status is. */
  find(id: number): Memory | null;
  /** The live ones, newest first; `beforeId` goes on where an earlier page ended. */
  list(options: {
    readonly scope?: string;
    readonly kind?: MemoryKind;
    /** Those that are history too. */
    readonly isWhole?: boolean;
    readonly beforeId?: number;
    readonly limit: number;
  }): readonly Memory[];
  /** Counts an access, and writes down what is left of its confidence. Those that are not live are left alone. */
  accessed(ids: readonly number[]): void;
  /** Counts an access, adds to its confidence, and keeps where it was heard again. */
  strengthen(id: number, messageIds: readonly number[], episodeIds?: readonly number[]): void;
  /** Makes one history in favour of a later one. Does nothing where it is not live or of another scope. */
  supersede(id: number, byId: number): boolean;
  /** Makes episodes history of which facts were made. */
  distilled(ids: readonly number[]): void;
  /**
   * Takes memories away for good, with their history, from vectors and full text too, and overwrites what
   * they took in the file. The conversations of their scopes are not learned from any further back than
   * now. `scope`: others than those of this scope are left alone.
   *
   * @returns Those that were there.
   */
  forget(ids: readonly number[], scope?: string): readonly Memory[];
  counts(scope?: string, model?: string): MemoryCounts;
  /** The messages that a memory came from, oldest first. */
  sources(id: number): readonly {
    readonly messageId: number;
    readonly role: 'person' | 'claude' | 'command' | 'overheard';
    readonly author: string | null;
    readonly text: string;
    readonly createdAtMs: number;
  }[];
}

/** What is gained of the rest by being heard again. */
const CONFIDENCE_GAIN = 0.25;
const IMPORTANCE_GAIN = 0.1;
/** Nothing is beyond doubt that was only heard. */
const MOST_CONFIDENCE = 0.99;

/** Opens the memories of a database. See {@link createForgetting} for what this changes for the connection. */
export function createMemoryStore(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly vectors: VectorIndex | null;
}): MemoryStore {
  const { database, clock, vectors } = parts;
  const { orm } = database;
  const statements = prepareStatements(database);

  const find = (id: number): Memory | null => statements.byId.get({ id }) ?? null;
  const findLive = (id: number): Memory | null => {
    const memory = find(id);
    return memory?.status === 'live' ? memory : null;
  };
  /** Counts an access, after which it may be surer or more important than time has left it. */
  const access = (
    memory: Memory,
    change: { readonly confidence?: number | null; readonly importance?: number | null } = {},
  ): void => {
    const { accessCount, recentAccessesMs } = withAccess(memory, clock.now());
    statements.access.run({
      id: memory.id,
      accessCount,
      recentAccessesMs: JSON.stringify(recentAccessesMs),
      confidence: change.confidence ?? leftOf(memory, clock.now()),
      importance: change.importance ?? memory.importance,
    });
  };
  const addSources = (
    { id, scope }: Memory,
    messageIds: readonly number[] = [],
    episodeIds: readonly number[] = [],
  ): void => {
    if (messageIds.length > 0) {
      orm.run(
        sql`insert into memory_sources (memory_id, message_id)
          select ${id}, messages.id from messages
          join conversations on conversations.id = messages.conversation_id
          where messages.id in (select value from json_each(${JSON.stringify(messageIds)}))
          and conversations.destination = ${scope}
          on conflict do nothing`,
      );
    }
    if (episodeIds.length > 0) {
      orm.run(
        sql`insert into ${memoryOrigins} (memory_id, episode_id)
          select ${id}, id from memories
          where id in (select value from json_each(${JSON.stringify(episodeIds)}))
          and kind = 'episodic' and scope = ${scope}
          on conflict do nothing`,
      );
    }
  };
  const end = (ids: readonly number[], status: 'superseded' | 'distilled', byId: number | null) => {
    orm
      .update(memories)
      .set({ status, replacedById: byId, endedAtMs: clock.now() })
      .where(
        and(sql`${memories.id} in (select value from json_each(${JSON.stringify(ids)}))`, LIVE),
      )
      .run();
    for (const id of ids) vectors?.remove(id);
  };

  return {
    remember: (scope, memory) => {
      const checked = checkMemory(memory);
      if (checked.kind === 'refused') return checked;
      return database.transaction((): RememberOutcome => {
        const { kind, text } = checked.memory;
        const same = statements.alike
          .all({ scope, text })
          .find((other) => other.kind === kind && isSame(other.text, text));
        if (same !== undefined) access(same);
        const kept =
          same ?? statements.insert.get({ ...checked.memory, scope, ...made(memory, clock.now()) });
        addSources(kept, memory.messageIds, memory.episodeIds);
        return same === undefined
          ? { kind: 'remembered', memory: kept }
          : { kind: 'known', memory: find(same.id) ?? same };
      });
    },
    find,
    list: ({ scope, kind, isWhole = false, beforeId, limit }) =>
      orm
        .select()
        .from(memories)
        .where(
          and(
            isWhole ? undefined : LIVE,
            scope === undefined ? undefined : eq(memories.scope, scope),
            kind === undefined ? undefined : eq(memories.kind, kind),
            beforeId === undefined ? undefined : lt(memories.id, beforeId),
          ),
        )
        .orderBy(desc(memories.id))
        .limit(limit)
        .all(),
    accessed: (ids) => {
      database.transaction(() => {
        for (const id of ids) {
          const memory = findLive(id);
          if (memory !== null) access(memory);
        }
      });
    },
    strengthen: (id, messageIds, episodeIds) => {
      database.transaction(() => {
        const memory = findLive(id);
        if (memory === null) return;
        access(memory, {
          confidence: raised(leftOf(memory, clock.now()), CONFIDENCE_GAIN, MOST_CONFIDENCE),
          importance: raised(memory.importance, IMPORTANCE_GAIN, 1),
        });
        addSources(memory, messageIds, episodeIds);
      });
    },
    supersede: (id, byId) =>
      database.transaction(() => {
        const [former, later] = [findLive(id), findLive(byId)];
        if (former === null || former.id === later?.id || former.scope !== later?.scope) {
          return false;
        }
        end([id], 'superseded', byId);
        return true;
      }),
    distilled: (ids) => {
      database.transaction(() => end(ids, 'distilled', null));
    },
    forget: createForgetting(database, vectors),
    counts: (scope, model) => {
      const inScope = scope === undefined ? undefined : eq(memories.scope, scope);
      const rows = orm
        .select({ status: memories.status, kind: memories.kind, count: count() })
        .from(memories)
        .where(inScope)
        .groupBy(memories.status, memories.kind)
        .all();
      const sum = (status: Memory['status'], kind?: MemoryKind): number =>
        rows
          .filter((row) => row.status === status && (kind === undefined || row.kind === kind))
          .reduce((total, row) => total + row.count, 0);
      return {
        liveByKind: {
          episodic: sum('live', 'episodic'),
          semantic: sum('live', 'semantic'),
          procedural: sum('live', 'procedural'),
        },
        supersededCount: sum('superseded'),
        distilledCount: sum('distilled'),
        get embeddedCount() {
          const ofModel = model === undefined ? undefined : eq(memoryVectors.model, model);
          const row = orm
            .select({ count: count() })
            .from(memoryVectors)
            .innerJoin(memories, eq(memories.id, memoryVectors.memoryId))
            .where(and(LIVE, inScope, ofModel))
            .get();
          return row?.count ?? 0;
        },
      };
    },
    sources: (id) =>
      orm
        .select({
          messageId: messages.id,
          role: messages.role,
          author: messages.author,
          text: messages.text,
          createdAtMs: messages.createdAtMs,
        })
        .from(memorySources)
        .innerJoin(messages, eq(messages.id, memorySources.messageId))
        .where(eq(memorySources.memoryId, id))
        .orderBy(asc(messages.id))
        .all(),
  };
}

/** The history to begin with. What was made earlier, elsewhere, is accessed now. */
function made({ createdAtMs = Number.POSITIVE_INFINITY }: NewMemory, nowMs: number) {
  const history = {
    createdAtMs: Math.min(createdAtMs, nowMs),
    accessCount: 1,
    recentAccessesMs: [Math.min(createdAtMs, nowMs)],
  };
  const { accessCount, recentAccessesMs } =
    createdAtMs < nowMs ? withAccess(history, nowMs) : history;
  return {
    createdAtMs: history.createdAtMs,
    accessCount,
    recentAccessesMs: JSON.stringify(recentAccessesMs),
  };
}

function isSame(text: string, other: string): boolean {
  return text.toLowerCase() === other.toLowerCase();
}

/** What time has left of the confidence of a fact. */
function leftOf({ confidence, recentAccessesMs, createdAtMs }: Memory, nowMs: number) {
  if (confidence === null) return null;
  return confidenceNow(confidence, recentAccessesMs[0] ?? createdAtMs, nowMs);
}

function raised(share: number | null, gain: number, most: number): number | null {
  if (share === null) return null;
  return Math.max(share, Math.min(most, share + (1 - share) * gain));
}
