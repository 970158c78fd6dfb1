import { and, count, eq, sql, type SQL } from 'drizzle-orm';
import { turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { InboundMessage } from '../core/inbound.ts';
import { type TurnOptions, UNUSABLE_NOW } from '../core/turn.ts';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from '../policy/audit.ts';
import { createAlbums } from './albums.ts';
import { ACTIVE, createClaim, type ClaimedTurn } from './claim.ts';
import { noteEnds } from './ends.ts';
import type { MessageStore, NewMessage, StoredMessage } from './messages.ts';
import { createNewTurns } from './new-turns.ts';
import { createQueueView, type QueueView } from './queue-view.ts';

type Turn = typeof turns.$inferSelect;

/** The queue of turns, one a conversation, and its fairness between them. */
export interface Queue extends QueueView {
  /**
   * Records a message and its turn, or only tells how many wait where the queue is full.
   * To be called in the transaction that remembers the update. The turn of an album waits for more of it.
   */
  enqueue(
    message: NewMessage,
    model: string,
    options?: TurnOptions,
  ): { readonly kind: 'queued'; readonly turnId: number } | QueueFull;
  /** The same for a message that is kept already: a command, or one that was held up. It becomes a person's. */
  enqueueKept(
    messageId: number,
    model: string,
    options: TurnOptions,
  ): { readonly kind: 'queued'; readonly turnId: number } | QueueFull;
  /**
   * The same for a message that tells of a change to an earlier one.
   *
   * @param personId Whose change it is.
   * @param isPromised The person was told already that it is taken: then it is, however full the queue.
   */
  enqueueChange(
    original: StoredMessage,
    text: string,
    personId: string | null,
    model: string,
    isPromised?: boolean,
  ): { readonly kind: 'queued'; readonly turnId: number } | QueueFull;
  /**
   * Adds a further part of an album to the turn of its first, which waits anew for what is still to come.
   *
   * @returns `null` where there is no such turn, or none that still waits; `refused` where the album was.
   */
  addToAlbum(
    part: InboundMessage,
  ): { readonly kind: 'queued'; readonly turnId: number } | { readonly kind: 'refused' } | null;
  /**
   * Has the albums that were coming in when the service ended wait anew: what it did not acknowledge is
   * still to come.
   */
  awaitAlbums(): void;
  /**
   * Has what a turn that ended answered, with all that was joined to it, answered once more; `gone` where
   * that was done already.
   */
  again(
    turnId: number,
    model: string,
  ): { readonly kind: 'queued' } | { readonly kind: 'gone' } | QueueFull;
  /** Puts a running turn back to where it waited. */
  restart(turnId: number): void;
  /** Sets a turn going again that was interrupted, or whose message could not be used then. */
  requeue(turnId: number): { readonly kind: 'queued' } | { readonly kind: 'gone' } | QueueFull;
  /** See {@link createClaim}. */
  claim(markerPrefix: string): ClaimedTurn | null;
  /** Takes a waiting turn out. Returns whether it was still waiting. */
  cancel(turnId: number): boolean;
  /** Takes all waiting turns of a conversation out, or those of one person. Returns how many. */
  cancelAll(conversationId: string, personId?: string): number;
  /** Takes a turn out that was interrupted and waits for nobody. Returns whether it was one. */
  discard(turnId: number): boolean;
  /** Asks for a running turn to be stopped, for good. Returns whether it was running. */
  requestStop(turnId: number): boolean;
}

export interface QueueFull {
  readonly kind: 'full';
  readonly waitingCount: number;
}

export function createQueue(
  database: Database,
  clock: Clock,
  messages: MessageStore,
  options: {
    readonly maxQueueSize: number;
    readonly joinQueued: boolean;
    /** Where each turn that is made is written down. */
    readonly audit?: Audit;
  },
): Queue {
  const { orm } = database;
  const { audit } = options;
  const view = createQueueView(database, clock);
  const waiting = orm
    .select({ count: count() })
    .from(turns)
    .where(
      and(
        eq(turns.conversationId, sql.placeholder('conversationId')),
        ACTIVE,
        eq(turns.status, 'queued'),
      ),
    )
    .prepare();
  const add = createNewTurns(database, clock, audit);
  const albums = createAlbums(database, clock, messages);

  const fullness = (conversationId: string): QueueFull | null => {
    const waitingCount = waiting.get({ conversationId })?.count ?? 0;
    return waitingCount >= options.maxQueueSize ? { kind: 'full', waitingCount } : null;
  };

  /** Whether its message was answered since: by a turn for it, or as what it was changed to. */
  const isOvertaken = (turn: Turn): boolean =>
    view.latest(turn.messageId)?.id !== turn.id || messages.wasChangedSince(turn.messageId);

  const cancelWhere = (condition: SQL | undefined): number =>
    database.transaction(() => {
      const cancelled = orm
        .update(turns)
        .set({ status: 'cancelled', endedAtMs: clock.now() })
        .where(and(condition, ACTIVE, eq(turns.status, 'queued')))
        .returning()
        .all();
      for (const { id } of cancelled) messages.forgetSecrets(id);
      noteEnds(audit, cancelled);
      return cancelled.length;
    });

  return {
    ...view,

    enqueue: (message, model, how = {}) => {
      const conversationId = message.conversation.id;
      const full = fullness(conversationId);
      if (full !== null) return full;
      const messageId = messages.add(message, how);
      const { sender, text } = message;
      const notBeforeMs = albums.notBeforeMs(message);
      const asked = { conversationId, messageId, model, notBeforeMs, personId: sender.id, text };
      return { kind: 'queued', turnId: add({ ...asked, options: how }) };
    },

    enqueueKept: (messageId, model, how) => {
      const message = messages.get(messageId);
      const { conversationId, personId, text } = message;
      const full = fullness(conversationId);
      if (full !== null) return full;
      messages.toPerson(messageId, how);
      const notBeforeMs = albums.notBeforeMs(message);
      const asked = { conversationId, messageId, model, notBeforeMs, personId, text };
      return { kind: 'queued', turnId: add({ ...asked, options: how }) };
    },

    enqueueChange: (original, text, personId, model, isPromised = false) => {
      const { conversationId } = original;
      const full = isPromised ? null : fullness(conversationId);
      if (full !== null) return full;
      const messageId = messages.addChange(original, text, personId);
      const asked = { conversationId, messageId, model, notBeforeMs: 0, personId, text };
      return { kind: 'queued', turnId: add({ ...asked, options: {} }) };
    },

    addToAlbum: albums.add,
    awaitAlbums: albums.awaitAll,

    again: (turnId, model) => {
      const turn = orm.select().from(turns).where(eq(turns.id, turnId)).get();
      if (turn === undefined || isActive(turn) || view.latest(turn.messageId)?.id !== turnId) {
        return { kind: 'gone' };
      }
      const { conversationId, messageId } = turn;
      const full = fullness(conversationId);
      if (full !== null) return full;
      const { personId, project, mode, tools, insisted } = turn;
      const how = { project, mode, tools, insisted };
      const asked = { conversationId, messageId, model, notBeforeMs: 0, personId, options: how };
      const joinedTurnId = add(asked);
      orm.update(turns).set({ joinedTurnId }).where(eq(turns.joinedTurnId, turnId)).run();
      return { kind: 'queued' };
    },

    restart: (turnId) => {
      orm
        .update(turns)
        .set({
          status: 'queued',
          queuedAtMs: clock.now(),
          stopRequestedAtMs: null,
          restartRequestedAtMs: null,
        })
        .where(and(eq(turns.id, turnId), eq(turns.status, 'running')))
        .run();
    },

    requeue: (turnId) => {
      const turn = orm.select().from(turns).where(eq(turns.id, turnId)).get();
      if (turn === undefined || !mayRunAgain(turn) || isOvertaken(turn)) return { kind: 'gone' };
      const full = fullness(turn.conversationId);
      if (full !== null) return full;
      orm
        .update(turns)
        .set({ status: 'queued', queuedAtMs: clock.now(), endedAtMs: null })
        .where(eq(turns.id, turnId))
        .run();
      return { kind: 'queued' };
    },

    claim: createClaim(database, clock, options.joinQueued, audit),

    cancel: (turnId) => cancelWhere(eq(turns.id, turnId)) === 1,
    cancelAll: (conversationId, personId) =>
      cancelWhere(
        and(
          eq(turns.conversationId, conversationId),
          personId === undefined ? undefined : eq(turns.personId, personId),
        ),
      ),

    discard: (turnId) =>
      database.transaction(() => {
        const discarded = orm
          .update(turns)
          .set({ status: 'cancelled' })
          .where(and(eq(turns.id, turnId), eq(turns.status, 'interrupted')))
          .returning()
          .all();
        noteEnds(audit, discarded);
        return discarded.length === 1;
      }),

    requestStop: (turnId) =>
      orm
        .update(turns)
        .set({ stopRequestedAtMs: clock.now(), restartRequestedAtMs: null })
        .where(and(eq(turns.id, turnId), eq(turns.status, 'running')))
        .run().changes === 1,
  };
}

/** Nothing ran, or it is not known how far it came, and the person was offered to try it again. */
function mayRunAgain({ status, failure }: Turn): boolean {
  return status === 'interrupted' || (status === 'failed' && failure === UNUSABLE_NOW);
}

function isActive({ status }: Turn): boolean {
  return status === 'queued' || status === 'running';
}
