import { describe, expect, test } from 'vitest';
import { testClock } from '../support/clock.ts';
import { createPlace, passTime } from './place.ts';

const [A, B] = [1001, 1002];
const HOUR_MS = 3_600_000;

describe('promise 2: an outage', () => {
  test('of 23 hours loses nothing and changes no order', async () => {
    const clock = testClock();
    const startMs = clock.now();
    const place = await createPlace({ clock });
    const outage = place.api.fault({ method: 'sendMessage' }, { kind: 'html', status: 502 });
    for (const text of ['one', 'two', 'three']) place.say(A, text);
    await passTime(place, clock, () => {
      if (clock.now() - startMs > 23 * HOUR_MS) outage.lift();
    });
    expect(place.texts(A)).toEqual(['one', 'two', 'three']);
    expect(place.rows()).toMatchObject([
      { status: 'sent' },
      { status: 'sent' },
      { status: 'sent' },
    ]);
    // Asked again once a minute, less up to a fifth, and not more often.
    expect(place.sends().length).toBeLessThan(23 * 80);
  });

  test('of more than 24 hours ends a part, with its reason on record, and what came later goes on', async () => {
    const clock = testClock();
    const startMs = clock.now();
    const place = await createPlace({ clock });
    const outage = place.api.fault({ method: 'sendMessage' }, { kind: 'html', status: 502 });
    place.say(A, 'old');
    let youngSaid = false;
    await passTime(place, clock, () => {
      if (clock.now() - startMs > 12 * HOUR_MS && !youngSaid) {
        youngSaid = true;
        place.say(A, 'young');
      }
      if (place.rows()[0]?.status === 'failed') outage.lift();
    });
    const [old, young] = place.rows();
    expect(old).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^given up after 24 hours: .*502/u) as string,
    });
    const triedForMs = (old?.endedAtMs ?? 0) - startMs;
    expect(triedForMs).toBeLessThanOrEqual(24 * HOUR_MS);
    expect(triedForMs).toBeGreaterThan(24 * HOUR_MS - 120_000);
    expect(young?.status).toBe('sent');
    expect(place.texts(A)).toEqual(['young']);
  });

  test('of the service itself, however long: what is owed is tried once more before it is given up', async () => {
    const clock = testClock();
    const place = await createPlace({ clock });
    const outage = place.api.fault({ method: 'sendMessage' }, { kind: 'html', status: 502 }, 1);
    place.say(A, 'The answer.');
    await place.deliverer.idle();
    expect(outage.hitCount).toBe(1);
    clock.advance(72 * HOUR_MS);
    await place.restart();
    await place.deliverer.idle();
    expect(place.texts(A)).toEqual(['The answer.']);
  });
});

describe('promise 2: a clock that is set back', () => {
  test('keeps no reply waiting for the hours that it lost', async () => {
    const clock = testClock();
    const place = await createPlace({ clock });
    place.api.fault({ method: 'sendMessage' }, { kind: 'html', status: 502 }, 1);
    place.say(A, 'The answer.');
    await place.deliverer.idle();
    expect(place.rows()).toMatchObject([{ status: 'pending' }]);
    clock.set(clock.now() - 3 * HOUR_MS);
    await place.deliverer.idle();
    expect(place.texts(A)).toEqual(['The answer.']);
  });
});

describe('promise 2: a restart', () => {
  test('in the middle of a long reply goes on where it was, in order', async () => {
    const place = await createPlace();
    const words = Array.from({ length: 2_000 }, (_, index) => `word${index}`);
    place.api.fault(
      { method: 'sendMessage', when: ({ params }) => String(params['text']).includes('word1000') },
      { kind: 'drop', moment: 'before' },
      1,
    );
    place.say(A, words.join(' '));
    place.say(B, 'beside');
    await place.logged('delivery.postponed');
    const rowCount = place.rows().length;
    expect(place.rows().some(({ status }) => status === 'pending')).toBe(true);
    await place.restart();
    await place.logged('delivery.sent', rowCount);
    expect(
      place
        .texts(A)
        .join(' ')
        .match(/word\d+/gu),
    ).toEqual(words);
    expect(place.texts(B)).toEqual(['beside']);
  });

  test('finds a part that was on its way when the service died, says so in the log, and sends it again', async () => {
    const place = await createPlace();
    place.say(A, 'one');
    await place.logged('delivery.sent');
    // What a service leaves behind that dies between the call and its record.
    place.database.orm.$client.exec("UPDATE deliveries SET status = 'sending', ended_at_ms = NULL");
    await place.restart();
    await place.logged('delivery.uncertain');
    await place.logged('delivery.sent', 2);
    expect(place.texts(A)).toEqual(['one', 'one']);
    expect(place.rows()).toMatchObject([{ status: 'sent', attemptCount: 2 }]);
  });
});

test('what ended is kept for thirty days to look back on, and what is owed for as long as it is owed', async () => {
  const clock = testClock();
  const place = await createPlace({ clock });
  place.api.fault(
    { method: 'sendMessage', chat: B },
    { kind: 'rate-limited', retryAfterSeconds: 60 },
  );
  place.say(A, 'sent');
  place.say(B, 'owed');
  await place.deliverer.idle();
  clock.advance(30 * 24 * HOUR_MS);
  expect(place.deliverer.prune()).toBe(0);
  clock.advance(1);
  expect(place.deliverer.prune()).toBe(1);
  expect(place.rows()).toMatchObject([{ status: 'pending' }]);
  expect(place.deliverer.waiting()).toMatchObject({ waitingCount: 1 });
});
