import { messages } from '../../drizzle/schema.ts';
import type { Memory, NewMemory } from '../../src/core/memory.ts';
import { createConversationStore } from '../../src/inbox/conversations.ts';
import { createMemoryStore } from '../../src/memory/store.ts';
import { openVectorIndex } from '../../src/memory/vectors.ts';
import type { Database } from '../../src/platform/database/open.ts';
import { testClock, type TestClock } from './clock.ts';
import { testDatabase } from './database.ts';
import { conversation } from './inbound.ts';

/** Where the memories of the chat of {@link conversation} are. */
export const SCOPE = conversation().destination;

/** The memory on a real database, with what is needed to fill it. */
export function memoryWorld(
  options: {
    readonly database?: Database;
    readonly clock?: TestClock;
    /** Without an index of vectors, as on a machine for which sqlite-vec has no program. */
    readonly isWithoutVectors?: boolean;
  } = {},
) {
  const database = options.database ?? testDatabase();
  const clock = options.clock ?? testClock();
  const isWithoutVectors = options.isWithoutVectors === true;
  const vectors = isWithoutVectors ? null : openVectorIndex(database);
  if (vectors === null && !isWithoutVectors) throw new Error('sqlite-vec does not run here');
  const store = createMemoryStore({ database, clock, vectors });
  const conversations = createConversationStore(database, clock);
  return {
    database,
    clock,
    vectors,
    store,
    /** Keeps a memory that nothing speaks against. */
    remember: (text: string, more: Partial<NewMemory> = {}, scope = SCOPE): Memory => {
      const outcome = store.remember(scope, { kind: 'semantic', source: 'told', ...more, text });
      if (outcome.kind === 'refused') throw new Error(outcome.reason);
      return outcome.memory;
    },
    /** Has something said in a chat, and returns the id of the message. */
    say: (text: string, role: 'person' | 'claude' = 'person', chat?: string): number => {
      const where = conversation(chat);
      conversations.ensure(where);
      return database.orm
        .insert(messages)
        .values({
          conversationId: where.id,
          role,
          author: role === 'person' ? 'Owner' : null,
          text,
          createdAtMs: clock.now(),
        })
        .returning({ id: messages.id })
        .get().id;
    },
  };
}

/** A vector of length 1 in the direction of these numbers. */
export function unit(...numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (number) => number / length);
}
