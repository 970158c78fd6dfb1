import { expect, test } from 'vitest';
import { createOutbox } from '../../src/outbox/append.ts';
import { createChannels } from '../../src/outbox/channels.ts';
import { verdictOn } from '../../src/outbox/verdict.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { conversationWith, createPlace } from './place.ts';

const GROUP = -4_100;
const SUPERGROUP = -1_001_000_000_003;

test('a reply to a group that became a supergroup meanwhile arrives there, once and at once, and so does all behind it', async () => {
  const place = await createPlace();
  const { api } = place;
  place.say(GROUP, 'one');
  await place.deliverer.idle();
  api.updates.migrated(GROUP, SUPERGROUP);
  place.say(GROUP, 'two');
  place.say(GROUP, '', [place.keep('plan.mp3')]);
  place.say(GROUP, 'four');
  await place.deliverer.idle();
  expect(api.sentMessages(GROUP).map(({ text }) => text)).toEqual(['one']);
  expect(
    api.sentMessages(SUPERGROUP).map(({ text, document }) => document?.fileName ?? text),
  ).toEqual(['two', 'plan.mp3', 'four']);
  // Only the first had to find out.
  expect(place.sends(GROUP).map(({ status }) => status)).toEqual([200, 400]);
  expect(place.rows().map(({ status }) => status)).toEqual(['sent', 'sent', 'sent', 'sent']);
  expect(new Set(place.rows().map(({ conversationId }) => conversationId))).toEqual(
    new Set([conversationWith(GROUP).id]),
  );
  expect(place.keptCount()).toBe(0);
});

test('what was to answer, change or take away a message of the group does nothing to the one in the supergroup that has its number', async () => {
  const place = await createPlace();
  const { api, database } = place;
  place.say(GROUP, 'one');
  place.say(GROUP, 'two');
  await place.deliverer.idle();
  api.updates.migrated(GROUP, SUPERGROUP);
  const outbox = createOutbox(
    database,
    systemClock,
    createChannels(() => place.channel),
  );
  const conversation = conversationWith(GROUP);
  outbox.say(conversation, { markdown: 'three', replyTo: '1', buttons: [] });
  outbox.edit(conversation, { messageId: '1', markdown: 'changed', buttons: [] });
  outbox.remove(conversation, '2');
  place.say(GROUP, 'four');
  await place.deliverer.idle();
  const there = api.messages(SUPERGROUP);
  expect(there.map(({ text }) => text)).toEqual(['', 'three', 'four']);
  expect(there.map(({ messageId }) => messageId)).toEqual([1, 2, 3]);
  expect(there.map(({ replyTo }) => replyTo)).toEqual([null, null, null]);
  expect(place.rows().map(({ status }) => status)).toEqual([
    'sent',
    'sent',
    'sent',
    'failed',
    'failed',
    'sent',
  ]);
});

test('a platform that sends a part round and round is not run after', () => {
  const now = 1_000_000;
  const verdict = (attemptCount: number) =>
    verdictOn(
      { part: {}, attemptCount, createdAtMs: now },
      { kind: 'moved', movedTo: '-1' },
      now,
      1,
    );
  expect(verdict(0)).toMatchObject({ status: 'pending', attemptCount: 1, dueAtMs: now });
  expect(verdict(1).dueAtMs).toBeGreaterThan(now);
  expect(verdict(5).dueAtMs).toBeGreaterThan(verdict(1).dueAtMs ?? 0);
});
