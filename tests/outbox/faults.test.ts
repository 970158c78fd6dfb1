import { describe, expect, test } from 'vitest';
import type { Behaviour } from '../../src/playground/bot-api/faults.ts';
import { testClock } from '../support/clock.ts';
import { conversationWith, createPlace, passTime } from './place.ts';

const [A, B, C] = [1001, 1002, 1003];

describe('promise 2: a reply gets through', () => {
  const passing: readonly { readonly what: string; readonly fault: Behaviour }[] = [
    { what: 'a connection that breaks', fault: { kind: 'drop', moment: 'before' } },
    { what: 'a call that hangs', fault: { kind: 'hang', moment: 'before' } },
    { what: 'a 500', fault: { kind: 'error', status: 500, description: 'Internal Server Error' } },
    { what: 'the page of a gateway', fault: { kind: 'html', status: 502 } },
    { what: 'an answer without end', fault: { kind: 'huge', bodyBytes: 2_000_000 } },
  ];
  test.for(passing)('$what: it is sent again, and arrives once', async ({ fault }) => {
    const place = await createPlace(fault.kind === 'hang' ? { sendTimeoutMs: 2000 } : {});
    place.api.fault({ method: 'sendMessage' }, fault, 1);
    place.say(A, 'The answer.');
    await place.logged('delivery.sent');
    expect(place.texts(A)).toEqual(['The answer.']);
    expect(place.sends()).toHaveLength(2);
    expect(place.rows()).toMatchObject([
      { status: 'sent', attemptCount: 2, reason: expect.stringMatching(/\w/u) as string },
    ]);
    const [first, second] = place.sends().map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(800);
  });

  test.for(['drop', 'hang'] as const)(
    'a %s after the platform took it: the one window in which it arrives twice',
    async (kind) => {
      const place = await createPlace(kind === 'hang' ? { sendTimeoutMs: 2000 } : {});
      place.api.fault({ method: 'sendMessage' }, { kind, moment: 'after' }, 1);
      place.say(A, 'one');
      place.say(A, 'two');
      await place.logged('delivery.sent', 2);
      expect(place.texts(A)).toEqual(['one', 'one', 'two']);
    },
  );

  test('markup that is refused arrives as plain text, in the same attempt (promise 4)', async () => {
    const place = await createPlace();
    place.api.fault({ method: 'sendMessage' }, { kind: 'refuse-markup' });
    place.say(A, 'It is **bold**.');
    await place.logged('delivery.sent');
    expect(place.api.sentMessages()).toMatchObject([{ text: 'It is bold.', entities: [] }]);
    expect(place.rows()).toMatchObject([{ status: 'sent', attemptCount: 1 }]);
  });
});

describe('429', () => {
  test('retry_after is obeyed to the second in its chat, and no other chat waits for it', async () => {
    const place = await createPlace();
    place.api.fault(
      { method: 'sendMessage', chat: A },
      { kind: 'rate-limited', retryAfterSeconds: 1 },
      2,
    );
    place.say(A, 'one');
    place.say(A, 'two');
    place.say(B, 'beside');
    await place.api.sent(1, B);
    expect(place.sends(A)).toHaveLength(1);
    await place.logged('delivery.sent', 3);
    expect(place.texts(A)).toEqual(['one', 'two']);
    const times = place.sends(A).map(({ atMs }) => atMs);
    expect(times).toHaveLength(4);
    for (const at of [1, 2]) {
      const waitedMs = (times[at] ?? 0) - (times[at - 1] ?? 0);
      expect(waitedMs).toBeGreaterThanOrEqual(1000);
      expect(waitedMs).toBeLessThan(3000);
    }
  });

  test('that meets two chats counts for all: nothing is sent anywhere before its time', async () => {
    const place = await createPlace();
    place.api.fault({ method: 'sendMessage' }, { kind: 'rate-limited', retryAfterSeconds: 1 }, 2);
    place.say(A, 'one');
    place.say(B, 'two');
    await place.logged('delivery.postponed', 2);
    place.say(C, 'three');
    await place.logged('delivery.sent', 3);
    const [first, second, ...later] = place.sends().map(({ atMs }) => atMs);
    expect(later).toHaveLength(3);
    const nearerMs = Math.min(first ?? 0, second ?? 0) + 1000;
    for (const atMs of later) expect(atMs).toBeGreaterThanOrEqual(nearerMs);
  });

  test('keeps standing over a restart', async () => {
    const place = await createPlace();
    place.api.fault({ method: 'sendMessage' }, { kind: 'rate-limited', retryAfterSeconds: 1 }, 1);
    place.say(A, 'one');
    await place.logged('delivery.postponed');
    await place.restart();
    await place.logged('delivery.sent');
    const [first, second, ...more] = place.sends().map(({ atMs }) => atMs);
    expect(more).toEqual([]);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1000);
  });
});

test('a refusal ends a part: it is recorded with its reason and holds up neither its own chat nor another', async () => {
  const place = await createPlace();
  place.api.fault({ method: 'sendMessage', chat: A }, { kind: 'blocked' }, 2);
  place.say(A, 'one');
  place.say(A, 'two');
  place.say(A, 'three');
  place.say(B, 'beside');
  await place.logged('delivery.sent', 2);
  expect(place.texts(A)).toEqual(['three']);
  expect(place.texts(B)).toEqual(['beside']);
  const refused = { status: 'failed', reason: '403: Forbidden: bot was blocked by the user' };
  expect(place.rows()).toMatchObject([refused, refused, { status: 'sent' }, { status: 'sent' }]);
  expect(place.lines.filter(({ event }) => event === 'delivery.failed')).toHaveLength(2);
  expect(place.sends(A)).toHaveLength(3);
});

describe('a file that cannot go', () => {
  const away = { kind: 'drop', moment: 'before' } as const;

  test('is given up after three uploads that failed while the platform was there, with a word of it', async () => {
    const clock = testClock();
    const startMs = clock.now();
    const place = await createPlace({ clock });
    const fault = place.api.fault({ method: 'sendDocument' }, away);
    place.say(A, 'Here it is:', [place.keep('report.zip')]);
    place.say(A, 'after');
    await passTime(place, clock);
    expect(fault.hitCount).toBe(3);
    expect(place.texts(A)).toEqual([
      'Here it is:\n\n⚠️ I could not send report.zip: the upload failed again and again.',
      'after',
    ]);
    expect(clock.now() - startMs).toBeLessThan(120_000);
    expect(place.rows().map(({ status }) => status)).toEqual(['sent', 'sent']);
    expect(place.keptCount()).toBe(0);
    expect(place.lines.filter(({ event }) => event === 'delivery.replaced')).toHaveLength(1);
  });

  test('because what takes uploads is not well waits as long as any reply, though all else is well', async () => {
    const clock = testClock();
    const startMs = clock.now();
    const place = await createPlace({ clock });
    const outage = place.api.fault({ method: 'sendDocument' }, { kind: 'html', status: 502 });
    let isOver = false;
    place.say(A, 'Here it is:', [place.keep('report.zip')]);
    await passTime(place, clock, () => {
      if (clock.now() - startMs < 300_000 || isOver) return;
      isOver = true;
      outage.lift();
    });
    expect(place.texts(A)).toEqual(['Here it is:']);
    expect(place.rows().map(({ status }) => status)).toEqual(['sent']);
  });

  test('because the platform is away, or because of a limit, waits as long as any reply', async () => {
    const clock = testClock();
    const startMs = clock.now();
    const place = await createPlace({ clock });
    const outage = place.api.fault({ method: ['sendDocument', 'getMe'] }, away);
    let isOver = false;
    place.say(A, '', [place.keep('report.zip')]);
    await passTime(place, clock, () => {
      if (clock.now() - startMs < 300_000 || isOver) return;
      isOver = true;
      outage.lift();
      place.api.fault(
        { method: 'sendDocument' },
        { kind: 'rate-limited', retryAfterSeconds: 5 },
        4,
      );
      place.api.fault({ method: 'sendDocument' }, away, 2);
    });
    expect(outage.hitCount).toBeGreaterThan(30);
    expect(outage.hitCount).toBeLessThan(100);
    expect(place.api.sentMessages(A)).toMatchObject([{ document: { fileName: 'report.zip' } }]);
  });

  test('because it is refused is told of in its place, also after a restart', async () => {
    const clock = testClock();
    const place = await createPlace({ clock });
    const description = 'Bad Request: file is too big';
    place.api.fault({ method: 'sendDocument' }, { kind: 'error', status: 400, description });
    place.api.fault({ method: 'sendMessage' }, { kind: 'html', status: 502 }, 1);
    place.say(A, '', [place.keep('report.zip')]);
    place.say(A, 'after');
    await place.deliverer.idle();
    await place.restart();
    await passTime(place, clock);
    const [told, after] = place.texts(A);
    expect(told).toMatch(/^⚠️ I could not send report\.zip: .*file is too big\)\.$/);
    expect(after).toBe('after');
    expect(place.keptCount()).toBe(0);
  });

  test('gives way to its words, which go on after a restart where they were, before what is behind', async () => {
    const clock = testClock();
    const place = await createPlace({ clock });
    const words = Array.from({ length: 2_000 }, (_, index) => `word${index}`);
    const description = 'Bad Request: VOICE_MESSAGES_FORBIDDEN';
    place.api.fault({ method: 'sendVoice' }, { kind: 'error', status: 400, description });
    place.api.fault(
      { method: 'sendMessage', when: ({ params }) => String(params['text']).includes('word1000') },
      { kind: 'html', status: 502 },
      1,
    );
    place.say(A, '', [{ ...place.keep('a.mp3'), kind: 'voice', instead: words.join(' ') }]);
    place.say(A, 'after');
    await place.deliverer.idle();
    expect(place.texts(A)).toHaveLength(1);
    await place.restart();
    await passTime(place, clock);
    const texts = place.texts(A);
    expect(texts.at(-1)).toBe('after');
    expect(texts.join(' ').match(/word\d+/gu)).toEqual(words);
    expect(place.rows()).toHaveLength(2);
    expect(place.keptCount()).toBe(0);
  });

  test('to a chat that takes nothing is given up without a word', async () => {
    const place = await createPlace();
    place.api.fault({}, { kind: 'blocked' });
    place.say(A, '', [place.keep('report.zip')]);
    await place.logged('delivery.failed');
    expect(place.api.calls.map(({ method }) => method)).toEqual(['sendDocument']);
    expect(place.keptCount()).toBe(0);
  });
});

test('promise 10: cosmetic calls never delay a reply, not when they hang and not when they meet the flood limit', async () => {
  const place = await createPlace();
  const cosmetic = ['sendChatAction', 'setMessageReaction', 'answerCallbackQuery'];
  const { signs } = place.channel;
  const show = (chat: number): (() => void) => {
    signs.seen(conversationWith(chat), '1');
    signs.pressed('1', 'word');
    return signs.working(conversationWith(chat));
  };
  const limited = place.api.fault(
    { method: cosmetic },
    { kind: 'rate-limited', retryAfterSeconds: 3600 },
    3,
  );
  const stops = [show(A)];
  await place.api.until('three limited signs', () => (limited.hitCount === 3 ? true : null));
  const hanging = place.api.fault({ method: cosmetic }, { kind: 'hang', moment: 'before' });
  for (const chat of [B, C]) stops.push(show(chat));
  await place.api.until('hanging signs', () => (hanging.hitCount >= 6 ? true : null));

  for (const chat of [A, B, C]) place.say(chat, 'The answer.');
  await place.logged('delivery.sent', 3);
  for (const chat of [A, B, C]) expect(place.texts(chat)).toEqual(['The answer.']);
  expect(place.sends()).toHaveLength(3);
  // The signs hang still: the replies have gone past them.
  expect(place.api.calls.filter(({ status }) => status === null).length).toBeGreaterThanOrEqual(6);
  for (const stop of stops) stop();
});
