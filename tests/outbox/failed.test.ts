import { describe, expect, test } from 'vitest';
import { createFailedDeliveries } from '../../src/outbox/failed.ts';
import type { Clock } from '../../src/core/clock.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createOutbox } from '../../src/outbox/append.ts';
import { createChannels } from '../../src/outbox/channels.ts';
import { testClock } from '../support/clock.ts';
import { conversationWith, createPlace, passTime, type Place } from './place.ts';

const A = 1001;
const HOUR_MS = 3_600_000;
const GROUP = -4_100;
const SUPERGROUP = -1_001_000_000_003;

function failedOf(place: Place, clock: Clock = systemClock) {
  return createFailedDeliveries(place.database, clock);
}

function hindrancesOf(place: Place): readonly (string | null)[] {
  const failed = failedOf(place);
  return place.rows().map(({ id }) => failed.find(id)?.hindrance ?? null);
}

describe('a part that failed', () => {
  test('is sent once more in the place that it had, before what waits behind it, and counts once', async () => {
    const place = await createPlace();
    place.api.fault({ method: 'sendMessage' }, { kind: 'blocked' }, 2);
    place.say(A, 'one');
    place.say(A, 'two');
    await place.logged('delivery.failed', 2);
    await place.deliverer.close();
    place.say(A, 'three');
    const failed = failedOf(place);
    expect(failed.find(1)).toEqual({
      conversationId: `telegram:1:${A}`,
      turnId: null,
      hindrance: null,
    });
    expect(failed.resend(2)).toBe(true);
    expect(failed.resend(1)).toBe(true);
    expect(failed.resend(1)).toBe(false);
    expect(failed.find(1)).toBeNull();
    expect(failed.resend(3)).toBe(false);
    await place.restart();
    await place.logged('delivery.sent', 3);
    expect(place.texts(A)).toEqual(['one', 'two', 'three']);
    const sent = { status: 'sent', attemptCount: 1, reason: null };
    expect(place.rows()).toMatchObject([sent, sent, sent]);
    expect(failedOf(place).resend(1)).toBe(false);
  });

  test('has 24 hours again when it is sent once more', async () => {
    const clock = testClock();
    const place = await createPlace({ clock });
    const outage = place.api.fault({ method: 'sendMessage' }, { kind: 'html', status: 502 });
    place.say(A, 'The answer.');
    await place.deliverer.idle();
    clock.advance(25 * HOUR_MS);
    await place.deliverer.idle();
    expect(place.rows()).toMatchObject([{ status: 'failed', attemptCount: 2 }]);

    const againAtMs = clock.now();
    expect(failedOf(place, clock).resend(1)).toBe(true);
    expect(place.rows()).toMatchObject([
      {
        status: 'pending',
        attemptCount: 0,
        rateLimited: false,
        dueAtMs: againAtMs,
        createdAtMs: againAtMs,
        endedAtMs: null,
        reason: null,
      },
    ]);
    await place.deliverer.idle();
    clock.advance(23 * HOUR_MS);
    await place.deliverer.idle();
    expect(place.rows()).toMatchObject([{ status: 'pending', attemptCount: 2 }]);
    outage.lift();
    await passTime(place, clock);
    expect(place.rows()).toMatchObject([{ status: 'sent' }]);
    expect(place.texts(A)).toEqual(['The answer.']);
  });

  test('can be let be, once, and is not sent after that', async () => {
    const clock = testClock();
    const place = await createPlace({ clock });
    place.api.fault({ method: 'sendMessage' }, { kind: 'blocked' }, 1);
    place.say(A, 'one');
    await place.logged('delivery.failed');
    const failed = failedOf(place, clock);
    expect(failed.dismiss(1)).toBe(true);
    expect(place.rows()).toMatchObject([{ status: 'failed', dismissedAtMs: clock.now() }]);
    expect(failed.dismiss(1)).toBe(false);
    expect(failed.resend(1)).toBe(false);
    expect(failed.find(1)).toBeNull();
  });

  test('that had files cannot be sent again: they are gone', async () => {
    const place = await createPlace();
    place.api.fault({}, { kind: 'blocked' });
    place.say(A, '', [place.keep('report.zip')]);
    place.say(A, 'words alone');
    await place.logged('delivery.failed', 2);
    expect(place.keptCount()).toBe(0);
    expect(hindrancesOf(place)).toEqual(['files-gone', null]);
  });

  test('of a chat that has moved since cannot be sent again: it may be about messages that have other numbers there', async () => {
    const place = await createPlace();
    const fault = place.api.fault({ method: 'sendMessage' }, { kind: 'blocked' });
    place.say(GROUP, 'before');
    await place.logged('delivery.failed');
    fault.lift();
    place.say(GROUP, 'one');
    await place.deliverer.idle();
    place.api.updates.migrated(GROUP, SUPERGROUP);
    place.say(GROUP, 'two');
    createOutbox(
      place.database,
      systemClock,
      createChannels(() => place.channel),
    ).edit(conversationWith(GROUP), { messageId: '1', markdown: 'changed', buttons: [] });
    await place.deliverer.idle();
    expect(place.rows().map(({ status }) => status)).toEqual(['failed', 'sent', 'sent', 'failed']);
    expect(hindrancesOf(place)).toEqual(['chat-moved', null, null, 'chat-moved']);

    place.api.fault({ method: 'sendMessage' }, { kind: 'blocked' });
    place.say(GROUP, 'after');
    await place.deliverer.idle();
    expect(hindrancesOf(place).at(-1)).toBeNull();
  });
});
