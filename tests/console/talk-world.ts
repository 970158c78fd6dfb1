import { Hono } from 'hono';
import { expect } from 'vitest';
import { messages } from '../../drizzle/schema.ts';
import { auditPage } from '../../src/console/audit.tsx';
import { conversationPage } from '../../src/console/conversation.tsx';
import { conversationsPage } from '../../src/console/conversations.tsx';
import { searchPage } from '../../src/console/search.tsx';
import { createMask } from '../../src/core/mask.ts';
import type { Database } from '../../src/platform/database/open.ts';
import type { TurnEnd } from '../../src/turns/records.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { conversation } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';
import { readable } from './world.ts';

/** What the mask takes for a secret of Claudio's own. */
export const OWN_SECRET = 'own-test-secret-1';
/** What may stand anywhere, and must never be more than text. */
export const MARKUP = '<script>alert(1)</script>"><img src=x onerror=alert(1)>';

/** The pages that look back, on a real database that turns were run in. */
export function talkWorld() {
  const world = turnWorld({ mask: createMask(() => []) });
  const { database, clock, queue, records, conversations, bots, audit } = world;
  // What is shown is masked even where it was kept as it is.
  const parts = { database, clock, bots, audit, mask: createMask(() => [OWN_SECRET]) };
  const pages = () => {
    const all = new Hono();
    for (const page of [conversationsPage, conversationPage, searchPage, auditPage]) {
      all.route('/', page(parts));
    }
    return all;
  };
  const app = pages();
  const open = async (path: string, init?: RequestInit) => {
    const answer = await app.request(path, init);
    const html = await answer.text();
    return { status: answer.status, headers: answer.headers, html, text: readable(html) };
  };
  return {
    ...world,
    parts,
    app,
    open,
    /** The statements behind these pages that read a large table from end to end. */
    scansOf: async (paths: readonly string[]): Promise<readonly string[]> => {
      const noted = noteScans(database);
      const anew = pages();
      for (const path of paths) expect((await anew.request(path)).status).toBe(200);
      return noted();
    },
    /** Keeps a message as it is. Returns its id. */
    say: (
      text: string,
      more: Partial<typeof messages.$inferInsert> = {},
      chat?: string,
    ): number => {
      const where = conversation(chat);
      conversations.ensure(where);
      clock.advance(1000);
      return database.orm
        .insert(messages)
        .values({
          conversationId: where.id,
          role: 'person',
          author: 'Ann',
          personId: '42',
          text,
          createdAtMs: clock.now(),
          ...more,
        })
        .returning({ id: messages.id })
        .get().id;
    },
    /** Has a message come and its turn run. */
    turn: (text: string, end: Partial<TurnEnd> & { readonly text: string }, chat?: string) => {
      world.arrive(text, chat);
      clock.advance(2000);
      const turn = queue.claim('boot');
      if (turn === null) throw new Error('nothing to run');
      const uses = (tool: string, summary: string) => {
        clock.advance(3000);
        const use = { id: 'x', tool, summary, inputDigest: '' };
        records.toolUsed(turn.turnId, turn.attempt, use);
      };
      return {
        ...turn,
        uses,
        end: () => {
          clock.advance(10_000);
          const usual = { status: 'done', usage: NO_USAGE, model: 'claude-haiku', failure: null };
          return records.ended(turn, { ...usual, ...end } as TurnEnd);
        },
      };
    },
  };
}

/** The part of a page that has this id, up to the end of the first element of its name. */
export function elementOf(html: string, id: string): string {
  const [, name = ''] = new RegExp(`<(\\w+) id="${id}"`, 'u').exec(html) ?? [];
  const start = html.indexOf(`<${name} id="${id}"`);
  if (name === '' || start < 0) throw new Error(`no ${id} in ${html}`);
  return html.slice(start, html.indexOf(`</${name}>`, start));
}

/** Where the first link leads whose text has these words. */
export function linkOf(html: string, words: string): string | undefined {
  const link = new RegExp(`<a href="([^"]*)"[^>]*>(?:<bdi>)?[^<]*${words}`, 'u').exec(html)?.[1];
  return link?.replaceAll('&amp;', '&');
}

/** Tables of which there may be very many rows. */
const LARGE =
  /^SCAN (?:messages|turns|audit|tool_uses|memories|recalls|attachments|deliveries)\b(?! VIRTUAL)/u;

/**
 * Notes the statements that are prepared from now on.
 *
 * @returns Each of them that reads a large table from end to end, with the step that does.
 */
export function noteScans({ orm }: Database): () => readonly string[] {
  const sqlite = orm.$client;
  const prepare = sqlite.prepare.bind(sqlite);
  const noted = new Set<string>();
  sqlite.prepare = (statement: string) => {
    if (/^\s*(?:select|with)\b/iu.test(statement)) noted.add(statement);
    return prepare(statement);
  };
  return () => {
    sqlite.prepare = prepare;
    expect(noted.size).toBeGreaterThan(0);
    return [...noted].flatMap((statement) => {
      const positional = (statement.match(/\?/gu) ?? []).map(() => null);
      const named = [...statement.matchAll(/:([a-z]\w*)/giu)].map(([, name]) => [name, null]);
      const values = named.length === 0 ? positional : [...positional, Object.fromEntries(named)];
      return sqlite
        .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement}`)
        .all(...values)
        .filter(({ detail }) => LARGE.test(detail))
        .map(({ detail }) => `${detail}: ${statement}`);
    });
  };
}
