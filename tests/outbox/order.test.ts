import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Behaviour } from '../../src/playground/bot-api/faults.ts';
import { testClock } from '../support/clock.ts';
import { createPlace, passTime } from './place.ts';

const CHATS = [1001, 1002, 1003];

const behaviour = fc.constantFrom<Behaviour[]>(
  { kind: 'drop', moment: 'before' },
  { kind: 'drop', moment: 'after' },
  { kind: 'error', status: 500, description: 'Internal Server Error' },
  { kind: 'html', status: 502 },
  { kind: 'huge', bodyBytes: 2_000_000 },
  { kind: 'rate-limited', retryAfterSeconds: 7 },
  { kind: 'rate-limited', retryAfterSeconds: null },
  { kind: 'refuse-markup' },
);

/** What happens in one chat: how many replies there are, and what their calls meet, one after another. */
const script = fc.record({
  replyCount: fc.integer({ min: 1, max: 5 }),
  faults: fc.array(behaviour, { maxLength: 6 }),
});

const mayHaveArrived = (fault: Behaviour): boolean =>
  fault.kind === 'drop' && fault.moment === 'after';

test('property: whatever goes wrong, each chat gets all of its replies in their order, over restarts too, and twice only what was taken and not confirmed', async () => {
  let faultCount = 0;
  let duplicateCount = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(script, script, script),
      fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }),
      async (scripts, restarts) => {
        const clock = testClock();
        const place = await createPlace({ clock });
        const faults = scripts.map(({ faults: each }, index) =>
          each.map((fault) => ({
            fault,
            active: place.api.fault({ method: 'sendMessage', chat: CHATS[index] ?? 0 }, fault, 1),
          })),
        );
        const expected = scripts.map(({ replyCount }, index) =>
          Array.from({ length: replyCount }, (_, count) => `reply ${count} to ${CHATS[index]}`),
        );
        for (const [index, texts] of expected.entries()) {
          for (const text of texts) place.say(CHATS[index] ?? 0, text);
        }

        // Time stands still while calls are under way, so it is known when each of them was made.
        const madeAtMs: number[] = [];
        let round = 0;
        await passTime(place, clock, async () => {
          while (madeAtMs.length < place.api.calls.length) madeAtMs.push(clock.now());
          if (restarts.includes(round)) await place.restart();
          round += 1;
        });

        for (const [index, texts] of expected.entries()) {
          const chat = CHATS[index] ?? 0;
          const arrived = place.texts(chat);
          expect(arrived.filter((text, at) => text !== arrived[at - 1])).toEqual(texts);
          const met = (faults[index] ?? []).filter(({ active }) => active.hitCount > 0);
          const uncertainCount = met.filter(({ fault }) => mayHaveArrived(fault)).length;
          expect(arrived.length - texts.length).toBe(uncertainCount);
          faultCount += met.length;
          duplicateCount += uncertainCount;
        }
        expectLimitsObeyed(place.api.calls, madeAtMs);
        expect(place.rows().every(({ status }) => status === 'sent')).toBe(true);
      },
    ),
    { numRuns: 25 },
  );
  // It has met what it is about.
  expect(faultCount).toBeGreaterThan(20);
  expect(duplicateCount).toBeGreaterThan(0);
});

/** After a 429 the next call in the chat comes when it was allowed, and not before. */
function expectLimitsObeyed(
  calls: readonly { readonly chat: string | null; readonly description: string | null }[],
  madeAtMs: readonly number[],
): void {
  for (const [at, { chat, description }] of calls.entries()) {
    const seconds = /retry after (\d+)/u.exec(description ?? '')?.[1];
    const next = calls.findIndex((call, later) => later > at && call.chat === chat);
    if (seconds === undefined || next === -1) continue;
    const waitedMs = (madeAtMs[next] ?? 0) - (madeAtMs[at] ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(Number(seconds) * 1000);
  }
}
