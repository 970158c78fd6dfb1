import { eq, sql } from 'drizzle-orm';
import { conversations } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import type { Mode } from '../core/mode.ts';
import type { ProgressLevel } from '../core/progress.ts';
import { learnNoFurtherBack } from '../memory/consolidation/cursor.ts';
import type { Database } from '../platform/database/open.ts';

/** What is kept of each conversation. */
export interface ConversationStore {
  /** Makes sure that the conversation has its row. */
  ensure(conversation: Conversation): void;
  /** The conversation with this id, as its row has it. */
  get(id: string): Conversation;
  /** The model chosen for it, or `null` for the configured one. */
  model(id: string): string | null;
  chooseModel(id: string, model: string): void;
  /** How much progress is shown in it, or `null` for as much as is configured. */
  progress(id: string): ProgressLevel | null;
  chooseProgress(id: string, level: ProgressLevel): void;
  /** Whether anything is recalled in it and learned from it. */
  hasMemory(id: string): boolean;
  /** What was said while it was off is not learned from afterwards either. */
  chooseMemory(id: string, isOn: boolean): void;
  /** The named project that it works in, or `null` for the configured folder. */
  project(id: string): string | null;
  chooseProject(id: string, project: string | null): void;
  /** What was chosen that Claude may do unasked, or `null`; what holds, `Modes` says. */
  mode(id: string): Mode | null;
  /** Who chose it, by the platform's id. */
  modeBy(id: string): string | null;
  chooseMode(id: string, mode: Mode, by: string): void;
  /** Whether what people say to each other is kept as part of the talk. */
  listens(id: string): boolean;
  chooseListening(id: string, listens: boolean): void;
  /** Leaves everything said so far out of the prompts to come. Nothing is deleted. */
  startAfresh(id: string): void;
}

export function createConversationStore(database: Database, clock: Clock): ConversationStore {
  const { orm } = database;
  const insert = orm
    .insert(conversations)
    .values({
      id: sql.placeholder('id'),
      destination: sql.placeholder('destination'),
      channel: sql.placeholder('channel'),
      chat: sql.placeholder('chat'),
      thread: sql.placeholder('thread'),
      createdAtMs: sql.placeholder('now'),
    })
    .onConflictDoNothing()
    .prepare();
  const byId = orm
    .select()
    .from(conversations)
    .where(eq(conversations.id, sql.placeholder('id')))
    .prepare();

  const row = (id: string) => {
    const found = byId.get({ id });
    if (found === undefined) throw new Error(`no conversation ${id}`);
    return found;
  };

  return {
    ensure: (conversation) => {
      insert.run({ ...conversation, now: clock.now() });
    },
    get: (id) => {
      const { destination, channel, chat, thread } = row(id);
      return { id, destination, channel, chat, thread };
    },
    model: (id) => row(id).model,
    chooseModel: (id, model) => {
      orm.update(conversations).set({ model }).where(eq(conversations.id, id)).run();
    },
    progress: (id) => row(id).progress,
    chooseProgress: (id, progress) => {
      orm.update(conversations).set({ progress }).where(eq(conversations.id, id)).run();
    },
    hasMemory: (id) => row(id).hasMemory,
    chooseMemory: (id, hasMemory) => {
      if (hasMemory && !row(id).hasMemory) {
        learnNoFurtherBack(database, eq(conversations.id, id));
      }
      orm.update(conversations).set({ hasMemory }).where(eq(conversations.id, id)).run();
    },
    project: (id) => row(id).project,
    chooseProject: (id, project) => {
      orm.update(conversations).set({ project }).where(eq(conversations.id, id)).run();
    },
    mode: (id) => row(id).mode,
    modeBy: (id) => row(id).modeBy,
    chooseMode: (id, mode, modeBy) => {
      orm.update(conversations).set({ mode, modeBy }).where(eq(conversations.id, id)).run();
    },
    // Anybody may write in a group: one where nobody was heard has no row, and gets none for that.
    listens: (id) => byId.get({ id })?.listens ?? false,
    chooseListening: (id, listens) => {
      orm.update(conversations).set({ listens }).where(eq(conversations.id, id)).run();
    },
    startAfresh: (id) => {
      orm
        .update(conversations)
        .set({ historyAfterMessageId: sql`(select coalesce(max(id), 0) from messages)` })
        .where(eq(conversations.id, id))
        .run();
    },
  };
}
