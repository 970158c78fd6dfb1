import { describe, expect, test } from 'vitest';
import { site } from './now-site.ts';

const QUIET = { 'sec-fetch-mode': 'cors' };
const PLAIN = { 'sec-fetch-mode': 'navigate' };

describe('a form', () => {
  test.each([
    ['stop', 'Stopping. That takes a moment.'],
    ['cancel', 'Taken out of the queue.'],
    ['retry', 'Started again.'],
    ['discard', 'Discarded.'],
    ['resend', 'On its way again.'],
    ['dismiss', 'Discarded: it is shown no more.'],
  ] as const)('%s leads back to the page, which says: %s', async (act, sentence) => {
    const world = site();
    const turn = world.run('one');
    if (act === 'retry' || act === 'discard') turn.end('interrupted');
    const waitingId = world.arrive('two');
    const failedId = world.part({});
    const path = {
      stop: `/turns/${turn.turnId}/stop`,
      cancel: `/turns/${waitingId}/cancel`,
      retry: `/turns/${turn.turnId}/retry`,
      discard: `/turns/${turn.turnId}/discard`,
      resend: `/deliveries/${failedId}/resend`,
      dismiss: `/deliveries/${failedId}/dismiss`,
    }[act];
    const answer = await world.post(path, PLAIN);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/?told=${act}`]);
    expect(await world.page(`/?told=${act}`)).toContain(`role="status">${sentence}</p>`);

    // A second press, as the browser and as the script of the page sends it.
    const late = await world.post(path, PLAIN);
    expect([late.status, late.headers.get('location')]).toEqual([303, '/?told=too-late']);
    const quiet = await world.post(path, QUIET);
    expect([quiet.status, await quiet.text()]).toEqual([
      409,
      'That was too late: it is no longer as it was when you looked.',
    ]);
    expect(world.audited()).toHaveLength(1);
  });

  test('that the script sends is answered like any other where it was done', async () => {
    const { run, post } = site();
    run('one');
    const answer = await post('/turns/1/stop', QUIET);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/?told=stop']);
  });

  test('says why not: a full queue, a budget, files that are gone, a chat that has moved', async () => {
    const { run, arrive, post, page } = site({ maxQueueSize: 1 });
    run('one').end('interrupted');
    arrive('two');
    const plain = await post('/turns/1/retry');
    expect([plain.status, plain.headers.get('location')]).toEqual([303, '/?told=full']);
    const quiet = await post('/turns/1/retry', QUIET);
    expect([quiet.status, await quiet.text()]).toEqual([
      409,
      '1 message already waiting there. Try again when the queue is shorter.',
    ]);
    for (const [code, words] of [
      ['too-late', 'That was too late'],
      ['full', 'The queue of that conversation is full.'],
      ['budget', 'The budget is used up'],
      ['files-gone', 'Its files were removed'],
      ['chat-moved', 'Its chat has moved'],
    ]) {
      expect(await page(`/?told=${code}`)).toContain(`role="alert">${words}`);
    }
  });

  test.each(['', 'nonsense', '__proto__', 'constructor', 'toString'])(
    'says nothing for a word that it does not know: %s',
    async (code) => {
      const { page } = site();
      const [, said] = (await page(`/?told=${code}`)).split('<main ');
      const [, usual] = (await page()).split('<main ');
      expect(said).toContain('<h1>Now</h1>');
      expect(said).toBe(usual);
    },
  );

  test.each([
    '/turns/1/resend',
    '/turns/0/stop',
    '/turns/01/stop',
    '/turns/x/stop',
    '/turns/1234567890123456/stop',
    '/deliveries/1/stop',
    '/deliveries/-1/resend',
  ])('that there is none of is not found: %s', async (path) => {
    const { post, run } = site();
    run('one');
    expect((await post(path)).status).toBe(404);
  });
});
