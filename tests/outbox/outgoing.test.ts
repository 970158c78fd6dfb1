import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { createConversationStore } from '../../src/inbox/conversations.ts';
import { createOutbox } from '../../src/outbox/append.ts';
import { createChannels } from '../../src/outbox/channels.ts';
import { createOutgoingFiles } from '../../src/outbox/outgoing.ts';
import { newId } from '../../src/platform/clock.ts';
import { createPlace, conversationWith, passTime, type Place } from './place.ts';
import { testClock } from '../support/clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CHAT = 7;

function outgoingOf(place: Place, folder = temporaryFolder()) {
  return createOutgoingFiles({ folder: join(folder, 'outgoing'), database: place.database, newId });
}

function outboxOf(place: Place, clock: Clock) {
  createConversationStore(place.database, clock).ensure(conversationWith(CHAT));
  return createOutbox(place.database, clock, createChannels([place.channel]));
}

/** Puts a file into the outbox. Returns where its copy is. */
function sendFile(place: Place, clock = testClock()): string {
  const path = outgoingOf(place).keep(Buffer.from('one, two'));
  outboxOf(place, clock).say(conversationWith(CHAT), {
    markdown: 'The numbers.',
    files: [{ path, name: 'numbers.csv', kind: 'file' }],
    replyTo: null,
    buttons: [],
  });
  return path;
}

test('a copy is kept for its owner alone until the platform has it', async () => {
  const clock = testClock();
  const place = await createPlace({ clock });
  const path = sendFile(place, clock);
  expect(readFileSync(path, 'utf8')).toBe('one, two');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  place.deliverer.wake();
  await place.deliverer.idle();
  const [sent] = place.api.sentMessages(CHAT);
  expect(sent?.document).toMatchObject({ fileName: 'numbers.csv' });
  expect(sent?.text).toBe('The numbers.');
  expect(existsSync(path)).toBe(false);
});

test('it waits with its delivery over an outage and a restart, and arrives once', async () => {
  const clock = testClock();
  const place = await createPlace({ clock });
  const fault = place.api.fault({ method: 'sendDocument' }, { kind: 'html', status: 502 });
  const path = sendFile(place, clock);
  place.deliverer.wake();
  await place.deliverer.idle();
  expect(fault.hitCount).toBe(1);
  expect(existsSync(path)).toBe(true);
  fault.lift();
  await place.restart();
  await passTime(place, clock);
  expect(place.api.sentMessages(CHAT)).toHaveLength(1);
  expect(existsSync(path)).toBe(false);
});

test('it goes when the platform will never take it', async () => {
  const clock = testClock();
  const place = await createPlace({ clock });
  place.api.fault({ method: 'sendDocument' }, { kind: 'blocked' });
  const path = sendFile(place, clock);
  place.deliverer.wake();
  await place.deliverer.idle();
  expect(place.rows().map(({ status }) => status)).toEqual(['failed']);
  expect(existsSync(path)).toBe(false);
});

test('what a dead process left is swept away, and what is still owed is not', async () => {
  const clock = testClock();
  const place = await createPlace({ clock });
  const folder = temporaryFolder();
  const outgoing = outgoingOf(place, folder);
  const owed = outgoing.keep(Buffer.from('owed'));
  const left = outgoing.keep(Buffer.from('left'));
  outboxOf(place, clock).say(conversationWith(CHAT), {
    markdown: '',
    files: [{ path: owed, name: 'owed.txt', kind: 'file' }],
    replyTo: null,
    buttons: [],
  });
  expect(outgoing.sweep()).toBe(1);
  expect([existsSync(owed), existsSync(left)]).toEqual([true, false]);
});
