import { and, eq, gt } from 'drizzle-orm';
import { turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';
import { ACTIVE } from './claim.ts';
import type { MessageStore } from './messages.ts';
import type { Queue } from './queue.ts';

/** Telegram sends the parts of an album as messages of their own, and does not say how many there are. */
const ALBUM_WAIT_MS = 1500;

/** The turns of albums, which wait for what is still to come of them. */
export interface Albums {
  /** When the turn of a message may begin; 0: at once. */
  notBeforeMs(message: { readonly albumId: string | null }): number;
  /** See {@link Queue.addToAlbum}. */
  readonly add: Queue['addToAlbum'];
  /** See {@link Queue.awaitAlbums}. */
  readonly awaitAll: Queue['awaitAlbums'];
}

export function createAlbums(database: Database, clock: Clock, messages: MessageStore): Albums {
  const { orm } = database;
  return {
    notBeforeMs: ({ albumId }) => (albumId === null ? 0 : clock.now() + ALBUM_WAIT_MS),

    add: (part) => {
      if (part.albumId === null) return null;
      const first = messages.ofAlbum(part.conversation.id, part.albumId);
      if (first === null || first.personId !== part.sender.id) return null;
      if (first.role === 'command') {
        // Somebody may have it run all the same, where its files are kept.
        if (messages.attachments(first.id).length > 0) messages.addPart(first.id, part);
        return { kind: 'refused' };
      }
      const joined = orm
        .update(turns)
        .set({ notBeforeMs: clock.now() + ALBUM_WAIT_MS })
        .where(
          and(
            eq(turns.messageId, first.id),
            ACTIVE,
            eq(turns.status, 'queued'),
            eq(turns.attemptCount, 0),
          ),
        )
        .returning({ turnId: turns.id })
        .get();
      if (joined === undefined) return null;
      messages.addPart(first.id, part);
      return { kind: 'queued', turnId: joined.turnId };
    },

    awaitAll: () => {
      orm
        .update(turns)
        .set({ notBeforeMs: clock.now() + ALBUM_WAIT_MS })
        .where(
          and(
            ACTIVE,
            eq(turns.status, 'queued'),
            eq(turns.attemptCount, 0),
            gt(turns.notBeforeMs, 0),
          ),
        )
        .run();
    },
  };
}
