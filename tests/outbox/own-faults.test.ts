import BetterSqlite3 from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { createPlace, type Place } from './place.ts';

const A = 1001;

/** Another connection that lets nobody else write until it is let go. */
function lockDatabase(place: Place): { release(): void } {
  const other = new BetterSqlite3(place.database.orm.$client.name);
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');
  return { release: () => void other.exec('ROLLBACK') };
}

const countOf = (place: Place, event: string): number =>
  place.lines.filter((line) => line.event === event).length;

test('a database that takes no write makes a reply wait: nothing is sent that could not be noted, and nothing spins', async () => {
  const place = await createPlace();
  place.api.fault({ method: 'sendMessage' }, { kind: 'drop', moment: 'before' }, 1);
  place.say(A, 'The answer.');
  await place.logged('delivery.postponed');
  const lock = lockDatabase(place);
  await place.logged('delivery.broken');
  for (let count = 0; count < 100; count += 1) place.deliverer.wake();
  expect(place.sends()).toHaveLength(1);
  expect(countOf(place, 'delivery.broken')).toBe(1);
  lock.release();
  await place.logged('delivery.sent');
  expect(countOf(place, 'delivery.broken')).toBe(1);
  expect(place.texts(A)).toEqual(['The answer.']);
});

test('promise 3: a reply that went out while the database took no write is noted later, and not sent again', async () => {
  const place = await createPlace();
  const fault = place.api.fault({ method: 'sendMessage' }, { kind: 'hang', moment: 'after' }, 1);
  place.say(A, 'one');
  place.say(A, 'two');
  await place.api.sent(1);
  const lock = lockDatabase(place);
  fault.lift();
  await place.logged('delivery.not-recorded');
  for (let count = 0; count < 100; count += 1) place.deliverer.wake();
  lock.release();
  await place.logged('delivery.sent', 2);
  expect(place.texts(A)).toEqual(['one', 'two']);
  expect(place.rows()).toMatchObject([
    { status: 'sent', attemptCount: 1, platformMessageId: '1' },
    { status: 'sent', attemptCount: 1, platformMessageId: '2' },
  ]);
});

test('a database that cannot be read is looked at again later, and kills nobody', async () => {
  const place = await createPlace();
  const client = place.database.orm.$client;
  client.exec('ALTER TABLE deliveries RENAME TO lost');
  place.deliverer.wake();
  await place.logged('outbox.unreadable');
  client.exec('ALTER TABLE lost RENAME TO deliveries');
  place.say(A, 'The answer.');
  await place.logged('delivery.sent');
  expect(place.texts(A)).toEqual(['The answer.']);
});
