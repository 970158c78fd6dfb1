import { expect, onTestFinished, test } from 'vitest';
import { audit as auditTable, consoleKeys } from '../../drizzle/schema.ts';
import { createConsoleSessions } from '../../src/console/sessions.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { createAudit } from '../../src/policy/audit.ts';
import { testClock } from '../support/clock.ts';
import { testDatabase } from '../support/database.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function world() {
  const database = testDatabase();
  const clock = testClock();
  const open = (of = database) =>
    createConsoleSessions(of, clock, createAudit({ database: of, clock }));
  const sessions = open();
  /** Comes in by a new link. */
  const enter = (): string => {
    const token = sessions.open(sessions.invite());
    if (token === null) throw new Error('the link does not lead in');
    return token;
  };
  return { database, clock, sessions, open, enter };
}

test('a link leads in once, and no second time', () => {
  const { sessions } = world();
  const key = sessions.invite();
  const token = sessions.open(key);
  expect(token).not.toBeNull();
  expect(sessions.isOpen(token ?? '')).toBe(true);
  expect(sessions.open(key)).toBeNull();
  expect(sessions.open('')).toBeNull();
});

test('a link that a browser is started with leads in who runs the service, and is not used up by others', () => {
  const { sessions } = world();
  const [own, any] = [sessions.invite(true), sessions.invite()];
  expect(sessions.open(own, false)).toBeNull();
  expect(sessions.open(own, true)).not.toBeNull();
  expect(sessions.open(own, true)).toBeNull();
  expect(sessions.open(any, false)).not.toBeNull();
});

test('of two that open the same link, through two connections, one comes in', () => {
  const { database, sessions, open } = world();
  const other = openDatabase(database.orm.$client.name);
  onTestFinished(() => other.close());
  const key = sessions.invite();
  const tokens = [open(other).open(key), sessions.open(key)];
  expect(tokens.filter((token) => token !== null)).toHaveLength(1);
});

test('a link leads in for ten minutes and no longer', () => {
  const { sessions, clock } = world();
  const [good, late] = [sessions.invite(), sessions.invite()];
  clock.advance(10 * MINUTE_MS - 1);
  expect(sessions.open(good)).not.toBeNull();
  clock.advance(1);
  expect(sessions.open(late)).toBeNull();
});

test('a session lasts for twelve hours and no longer', () => {
  const { sessions, clock, enter } = world();
  const token = enter();
  expect(sessions.lastsMs).toBe(12 * HOUR_MS);
  clock.advance(12 * HOUR_MS - 1);
  expect(sessions.isOpen(token)).toBe(true);
  clock.advance(1);
  expect(sessions.isOpen(token)).toBe(false);
});

test('the key of a link is no session, and the token of a session is no link', () => {
  const { sessions, enter } = world();
  const key = sessions.invite();
  expect(sessions.isOpen(key)).toBe(false);
  expect(sessions.open(enter())).toBeNull();
  sessions.end(key);
  expect(sessions.open(key)).not.toBeNull();
});

test('who leaves is out, and nobody else is; a restart turns nobody out', () => {
  const { sessions, open, enter } = world();
  const [one, other] = [enter(), enter()];
  sessions.end(one);
  expect(open().isOpen(one)).toBe(false);
  expect(open().isOpen(other)).toBe(true);
});

test('what is over is forgotten, and nothing that is not', () => {
  const { database, sessions, clock, enter } = world();
  const token = enter();
  sessions.invite();
  clock.advance(HOUR_MS);
  const key = sessions.invite();
  expect(sessions.prune()).toBe(1);
  expect(database.orm.select().from(consoleKeys).all()).toHaveLength(2);
  expect(sessions.isOpen(token)).toBe(true);
  expect(sessions.open(key)).not.toBeNull();
});

test('the database and the audit log know that a link was made and used and its session left, and neither its key nor the token', () => {
  const { database, sessions } = world();
  const key = sessions.invite();
  const token = sessions.open(key) ?? '';
  sessions.open(key);
  sessions.open('made-up');
  const keys = database.orm.select().from(consoleKeys).all();
  sessions.end(token);
  sessions.end(token);
  const entries = database.orm.select().from(auditTable).all();
  expect(entries.map(({ event, personId }) => ({ event, personId }))).toEqual([
    { event: 'console.link', personId: 'shell' },
    { event: 'console.entered', personId: 'shell' },
    { event: 'console.left', personId: 'shell' },
  ]);
  const written = JSON.stringify([entries, keys]);
  for (const secret of [key, token]) {
    expect(secret).toMatch(/^[\w-]{43}$/u);
    expect(written).not.toContain(secret);
  }
});
