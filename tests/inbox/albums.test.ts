import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InboundMessage } from '../../src/core/inbound.ts';
import { createInbox } from '../../src/inbox/accept.ts';
import { createSeenUpdates } from '../../src/inbox/seen-updates.ts';
import { inboundMessage } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const WAIT_MS = 1500;

/** An inbox on a real database, and what it says where there is no room. */
function inbox(maxQueueSize = 100) {
  const world = turnWorld({ maxQueueSize });
  const told: number[] = [];
  const accept = createInbox({
    ...world,
    seen: createSeenUpdates(world.database, world.clock),
    handlers: {
      roleOf: () => 'owner',
      stranger: () => false,
      refused: () => undefined,
      command: () => null,
      answer: () => false,
      queued: () => undefined,
      edit: () => false,
      reaction: () => false,
      press: () => '',
      unreadable: () => undefined,
      full: (_, waitingCount) => told.push(waitingCount),
    },
  });
  let updateId = 0;
  const take = (message: Partial<InboundMessage>, chat?: string) =>
    accept('telegram:1', { ...inboundMessage((updateId += 1), '', chat), ...message });
  return {
    ...world,
    told,
    say: (text: string, chat?: string) => take({ text }, chat),
    part: (text = '', albumId = 'album', chat?: string) =>
      take({ text, albumId, attachments: [photo(`file-${updateId + 1}`)] }, chat),
    /** The message of the next turn that may run, with its files. */
    claim: () => {
      const turn = world.queue.claim('boot');
      if (turn === null) return null;
      const files = world.messages.attachments(turn.messageId).map(({ fileId }) => fileId);
      const { text, platformMessageId } = world.records.message(turn.messageId);
      return { text, platformMessageId, files };
    },
  };
}

function photo(fileId: string): InboundMessage['attachments'][number] {
  return {
    kind: 'image',
    fileId,
    name: null,
    mimeType: null,
    sizeBytes: 100,
    durationMs: null,
    isQuoted: false,
  };
}

describe('an album', () => {
  test('is one turn of all its parts, 1.5 seconds after the last of them and no earlier (promise 11)', () => {
    const { part, claim, clock, queue } = inbox();
    part('look');
    clock.advance(WAIT_MS - 1);
    expect(claim()).toBeNull();
    part();
    clock.advance(WAIT_MS - 1);
    expect(claim()).toBeNull();
    part();
    expect(queue.nextDueAtMs()).toBe(clock.now() + WAIT_MS);
    clock.advance(WAIT_MS - 1);
    expect(claim()).toBeNull();
    clock.advance(1);
    expect(queue.nextDueAtMs()).toBeNull();
    expect(claim()).toEqual({
      text: 'look',
      platformMessageId: '1',
      files: ['file-1', 'file-2', 'file-3'],
    });
    expect(claim()).toBeNull();
  });

  test('holds up what comes behind it in its conversation, and nothing of another', () => {
    const { part, say, claim, clock } = inbox();
    part('look');
    say('later', '42');
    say('elsewhere', '43');
    expect(claim()).toMatchObject({ text: 'elsewhere' });
    expect(claim()).toBeNull();
    clock.advance(WAIT_MS);
    expect(claim()).toMatchObject({ text: 'look' });
    expect(claim()).toBeNull();
  });

  test('is not mixed with another, nor with one of the same name elsewhere', () => {
    const { part, claim, clock, database } = inbox();
    part('a', 'one');
    part('b', 'two');
    part('c', 'one');
    part('d', 'one', '43');
    clock.advance(WAIT_MS);
    expect([claim(), claim()]).toEqual([
      { text: 'a\nc', platformMessageId: '1', files: ['file-1', 'file-3'] },
      { text: 'd', platformMessageId: '4', files: ['file-4'] },
    ]);
    expect(database.orm.query.turns.findMany().sync()).toHaveLength(3);
  });

  test('has the words of all its parts, in their order', () => {
    const { part, claim, clock } = inbox();
    for (const text of ['', 'first', '  ', 'second', '']) part(text);
    clock.advance(WAIT_MS);
    expect(claim()?.text).toBe('first\nsecond');
  });

  test('that is answered already takes nothing more in: what comes late is another turn, with all behind it', () => {
    const { part, claim, clock, database } = inbox();
    part('early');
    clock.advance(WAIT_MS);
    expect(claim()).toMatchObject({ files: ['file-1'] });
    part('late');
    part();
    database.orm.$client.prepare("UPDATE turns SET status = 'done' WHERE status = 'running'").run();
    expect(claim()).toBeNull();
    clock.advance(WAIT_MS);
    expect(claim()).toEqual({
      text: 'late',
      platformMessageId: '2',
      files: ['file-2', 'file-3'],
    });
  });

  test('that was taken back stays so: a part that comes late is a turn of its own', () => {
    const { part, claim, clock, queue } = inbox();
    const first = part('one');
    queue.cancel('turnId' in first ? first.turnId : 0);
    part('two');
    clock.advance(WAIT_MS);
    expect(claim()).toMatchObject({ files: ['file-2'] });
  });

  test('that runs again after an interruption takes nothing more in', () => {
    const { part, claim, clock, database, queue } = inbox();
    part('one');
    clock.advance(WAIT_MS);
    claim();
    database.orm.$client.prepare("UPDATE turns SET status = 'interrupted'").run();
    expect(queue.requeue(1)).toEqual({ kind: 'queued' });
    expect(part('two')).toMatchObject({ turnId: 2 });
    expect(claim()).toMatchObject({ files: ['file-1'] });
  });

  test('for which there is no room is refused once, with all that comes of it, also when there is room again', () => {
    const { part, say, claim, told, database } = inbox(1);
    say('one');
    expect([part(), part()].map(({ kind }) => kind)).toEqual(['full', 'full']);
    expect(told).toEqual([1]);
    claim();
    expect(part().kind).toBe('full');
    expect(part('', 'another').kind).toBe('accepted');
    expect(told).toEqual([1]);
    expect(database.orm.query.attachments.findMany().sync()).toHaveLength(1);
  });

  test('counts as one in a queue that its last part fills', () => {
    const { part, told } = inbox(1);
    expect([part(), part(), part()].map(({ kind }) => kind)).toEqual([
      'accepted',
      'accepted',
      'accepted',
    ]);
    expect(told).toEqual([]);
  });

  test('that was coming in when the service ended waits anew for what is still to come', () => {
    const { part, say, claim, clock, queue } = inbox();
    say('one', '43');
    part();
    clock.advance(60_000);
    queue.awaitAlbums();
    part();
    expect(claim()).toMatchObject({ text: 'one' });
    expect(claim()).toBeNull();
    clock.advance(WAIT_MS);
    expect(claim()).toMatchObject({ files: ['file-2', 'file-3'] });
  });
});

test('however parts, messages and pauses follow each other, each file is in exactly one turn, with none of another album, and no turn runs while parts may come', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('part' as const), album: fc.constantFrom('a', 'b') }),
    fc.record({ kind: fc.constant('say' as const) }),
    fc.record({ kind: fc.constant('pause' as const), ms: fc.integer({ min: 1, max: 2000 }) }),
    fc.record({ kind: fc.constant('run' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const { part, say, claim, clock, database } = inbox();
      const lastPartAtMs = new Map<string, number>();
      const albumOf = new Map<string, string>();
      const seen: string[] = [];
      let partCount = 0;
      const run = () => {
        const turn = claim();
        if (turn === null) return false;
        const albums = new Set(turn.files.map((file) => albumOf.get(file)));
        expect(albums.size).toBeLessThanOrEqual(1);
        for (const album of albums) {
          expect(clock.now() - (lastPartAtMs.get(album ?? '') ?? 0)).toBeGreaterThanOrEqual(
            WAIT_MS,
          );
        }
        seen.push(...turn.files);
        database.orm.$client.exec("UPDATE turns SET status = 'done' WHERE status = 'running'");
        return true;
      };
      steps.forEach((one, index) => {
        if (one.kind === 'pause') clock.advance(one.ms);
        else if (one.kind === 'run') run();
        else if (one.kind === 'say') say('x');
        else {
          partCount += 1;
          albumOf.set(`file-${steps.slice(0, index + 1).filter(isMessage).length}`, one.album);
          lastPartAtMs.set(one.album, clock.now());
          part('', one.album);
        }
      });
      clock.advance(WAIT_MS);
      while (run());
      expect(seen).toHaveLength(partCount);
      expect(new Set(seen).size).toBe(partCount);
    }),
    { numRuns: 60 },
  );
});

function isMessage({ kind }: { readonly kind: string }): boolean {
  return kind === 'part' || kind === 'say';
}
