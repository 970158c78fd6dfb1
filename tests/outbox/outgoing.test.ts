import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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
  return createOutbox(
    place.database,
    clock,
    createChannels(() => place.channel),
  );
}

/** Puts a file into the outbox. Returns where its copy is. */
async function sendFile(place: Place, clock = testClock()): Promise<string> {
  const path = await outgoingOf(place).keep(Buffer.from('one, two'));
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
  const path = await sendFile(place, clock);
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
  const path = await sendFile(place, clock);
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
  const path = await sendFile(place, clock);
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
  const owed = await outgoing.keep(Buffer.from('owed'));
  const left = await outgoing.keep(Buffer.from('left'));
  outboxOf(place, clock).say(conversationWith(CHAT), {
    markdown: '',
    files: [{ path: owed, name: 'owed.txt', kind: 'file' }],
    replyTo: null,
    buttons: [],
  });
  expect(outgoing.sweep()).toBe(1);
  expect([existsSync(owed), existsSync(left)]).toEqual([true, false]);
});

async function opened(path: string): Promise<FileHandle> {
  const file = await open(path);
  onTestFinished(() => file.close());
  return file;
}

/** An open file and the copies that are made of it. */
async function copying(content: string) {
  const place = await createPlace({ clock: testClock() });
  const folder = temporaryFolder();
  const original = join(folder, 'original');
  writeFileSync(original, content);
  return {
    folder,
    original,
    file: await opened(original),
    outgoing: outgoingOf(place, folder),
    copies: () => readdirSync(join(folder, 'outgoing')),
  };
}

test('an open file is copied from its beginning, however often and however much of it was read', async () => {
  const { file, outgoing } = await copying('one, two');
  await file.read(Buffer.alloc(3), 0, 3, null);
  for (const _ of [1, 2]) {
    const copied = await outgoing.keepFrom(file, 8);
    const path = copied.kind === 'kept' ? copied.path : '';
    expect(readFileSync(path, 'utf8')).toBe('one, two');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
});

test('a file that grew past the limit, or was emptied, since it was opened is not kept', async () => {
  const { file, original, outgoing, copies } = await copying('one, two');
  writeFileSync(original, 'one, two, three');
  expect(await outgoing.keepFrom(file, 8)).toEqual({ kind: 'too-large' });
  truncateSync(original);
  expect(await outgoing.keepFrom(file, 8)).toEqual({ kind: 'empty' });
  expect(copies()).toEqual([]);
});

test('a copy that fails in the middle leaves nothing behind', async () => {
  const { folder, outgoing, copies } = await copying('');
  mkdirSync(join(folder, 'no-file'));
  const unreadable = await opened(join(folder, 'no-file'));
  await expect(outgoing.keepFrom(unreadable, 8)).rejects.toThrow(/EISDIR/u);
  expect(copies()).toEqual([]);
});

test('while a large file is kept, everything else goes on', async () => {
  const { file, original, outgoing } = await copying('');
  const sizeBytes = 50 << 20;
  const content = Buffer.alloc(sizeBytes, 'each piece differs from the next one');
  writeFileSync(original, content);
  for (const keep of [() => outgoing.keep(content), () => outgoing.keepFrom(file, sizeBytes)]) {
    let roundCount = 0;
    const over = new AbortController();
    const keeping = keep().finally(() => over.abort());
    while (!over.signal.aborted) {
      await new Promise(setImmediate);
      roundCount += 1;
    }
    const kept = await keeping;
    const path = typeof kept === 'string' ? kept : kept.kind === 'kept' ? kept.path : '';
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(roundCount).toBeGreaterThan(50);
  }
});
