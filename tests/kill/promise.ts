import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { deliveries, turns } from '../../drizzle/schema.ts';
import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import { readDatabase } from '../e2e/inspect.ts';
import type { World } from '../e2e/service.ts';
import type { Asked } from './people.ts';

/** What came of it all, for a report. */
export interface Account {
  readonly messageCount: number;
  readonly runCount: number;
  readonly interruptionCount: number;
  /** Parts that arrived twice because the service died between the call and its record. */
  readonly duplicateCount: number;
}

/** One run of the agent, as the agent itself noted it. */
export interface Run {
  readonly marker: string;
  readonly text: string;
}

/** The runs of the counting agent, in order. */
export function runsOf(world: World): readonly Run[] {
  const path = join(world.userHome, 'runs');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [marker = '', ...words] = line.split(' ');
    return { marker, text: words.join(' ') };
  });
}

/** The message as it was sent: a press on Retry adds a line to it. */
function original({ text }: StoredMessage): string {
  return text.split('\n\n🔁 Started again by ')[0] ?? text;
}

const isNotice = (text: string): boolean => text.startsWith('⚡ I was interrupted');

/**
 * Holds everything that people wrote against what arrived, what the agent noted and what stands in the
 * database. To be called when all is answered and the service has nothing left to send.
 */
export function expectPromiseKept(world: World, asked: readonly Asked[]): Account {
  const database = readDatabase(world.home);
  expect(database.$client.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  const sent = world.api.sentMessages();
  const runs = runsOf(world);
  // Without these the rest could pass having looked at nothing.
  expect(asked.length).toBeGreaterThan(0);
  expect(runs.length).toBeGreaterThanOrEqual(asked.length);

  // Each attempt has a marker of its own, so a marker that ran twice is a turn run in secret.
  expect(new Set(runs.map(({ marker }) => marker)).size).toBe(runs.length);

  // Parts are known by where they went, what they answer and what they say.
  const arrived = new Map<string, number>();
  for (const message of sent) {
    const key = keyOf(message.chatId, message.replyTo, original(message));
    arrived.set(key, (arrived.get(key) ?? 0) + 1);
  }
  const owed = new Map<string, { rowCount: number; attemptCount: number }>();
  for (const row of database.select().from(deliveries).all()) {
    expect(row.status).toBe('sent');
    if (row.part['kind'] !== 'text') continue;
    const key = keyOf(Number(row.destination.split(':')[2]), row.part['replyTo'], row.part['text']);
    const known = owed.get(key) ?? { rowCount: 0, attemptCount: 0 };
    owed.set(key, {
      rowCount: known.rowCount + 1,
      attemptCount: known.attemptCount + row.attemptCount,
    });
  }
  expect([...arrived.keys()].sort()).toEqual([...owed.keys()].sort());
  let duplicateCount = 0;
  for (const [key, { rowCount, attemptCount }] of owed) {
    const count = arrived.get(key) ?? 0;
    expect(count, `arrived: ${key}`).toBeGreaterThanOrEqual(rowCount);
    // An attempt that was not recorded as done is the only reason for another one.
    expect(count, `arrived again: ${key}`).toBeLessThanOrEqual(attemptCount);
    duplicateCount += count - rowCount;
  }

  const turnOf = new Map(
    database
      .select()
      .from(turns)
      .all()
      .map((turn) => [turn.id, turn] as const),
  );
  expect(turnOf.size).toBe(asked.length);
  let interruptionCount = 0;
  for (const { chatId, messageId, text } of asked) {
    const told = sent.filter(
      (message) => message.chatId === chatId && message.replyTo === messageId,
    );
    const answers = owed.get(keyOf(chatId, messageId, `Answer to ${text}`));
    expect(answers?.rowCount, `answers to ${text}`).toBe(1);
    const pressedCount = told.filter((message) => message.text !== original(message)).length;
    const ran = runs.filter((run) => run.text === text);
    expect(ran.length, `runs of ${text}`).toBeGreaterThanOrEqual(1);
    expect(ran.length, `runs of ${text}`).toBeLessThanOrEqual(1 + pressedCount);
    const turn = turnOf.get(Number(ran[0]?.marker.split('.')[1]));
    expect(turn).toMatchObject({ status: 'done', attemptCount: 1 + pressedCount });
    // Every attempt but the last was an interruption, and the person knows of each.
    expect(turn?.interruptionCount).toBe(pressedCount);
    const noticeRows = [...owed]
      .filter(([key]) => key.startsWith(`${chatId} ${messageId} `) && isNotice(textIn(key)))
      .reduce((sum, [, { rowCount }]) => sum + rowCount, 0);
    expect(noticeRows, `interruptions told about ${text}`).toBe(pressedCount);
    interruptionCount += pressedCount;
  }
  expectOrder(sent, asked);
  return { messageCount: asked.length, runCount: runs.length, interruptionCount, duplicateCount };
}

/** In each chat the messages are dealt with one after another, in the order in which they were written. */
function expectOrder(sent: readonly StoredMessage[], asked: readonly Asked[]): void {
  for (const chatId of new Set(asked.map((message) => message.chatId))) {
    const dealtWith = sent.filter((message) => message.chatId === chatId);
    const order = [...new Set(dealtWith.map(({ replyTo }) => replyTo))];
    const written = asked.filter((message) => message.chatId === chatId);
    expect(order).toEqual(written.map(({ messageId }) => messageId));
  }
}

function keyOf(chatId: number, replyTo: unknown, text: unknown): string {
  return `${chatId} ${String(replyTo)} ${String(text)}`;
}

function textIn(key: string): string {
  return key.split(' ').slice(2).join(' ');
}
