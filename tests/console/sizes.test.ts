import { posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { PAGES } from '../../src/console/frame.tsx';
import { seedHistory } from '../browser/seed.ts';
import { pageWorld } from '../playground/page-world.ts';
import { consoleWorld } from './world.ts';

const MOST_BYTES = 60 * 1024;

/** Asks for what is below a path. */
type Ask = (path: string) => Promise<Response>;

/** What a page names, and what its scripts import: the paths below `/assets/`. */
function assetsIn(path: string, text: string): readonly string[] {
  if (path.endsWith('.js')) {
    return [...text.matchAll(/from '(\.[^']+)'/gu)].map(([, target = '']) =>
      posix.join(posix.dirname(path), target),
    );
  }
  return [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/gu)].map(([, asset = '']) => asset);
}

/** Reads pages and all that they are made of; adds to `sizes`, by its path, what each would weigh compressed. */
async function weigh(
  name: string,
  ask: Ask,
  paths: readonly string[],
  sizes: Map<string, number>,
): Promise<void> {
  for (const path of paths) {
    const isAsset = path.startsWith('/assets/');
    const key = isAsset ? path : `${name} ${path}`;
    if (sizes.has(key)) continue;
    const answer = await ask(path);
    expect(answer.status, key).toBe(200);
    expect(answer.headers.get('content-encoding'), key).toBeNull();
    const text = await answer.text();
    sizes.set(key, gzipSync(text).length);
    await weigh(name, ask, assetsIn(path, text), sizes);
  }
}

test('all pages, style sheets and scripts together would weigh less than 60 KB as gzip; on loopback they go as they are', async () => {
  const sizes = new Map<string, number>();

  const board = consoleWorld({ hasMemory: true });
  seedHistory(board.database, { ownerId: 42, nowMs: board.clock.now() });
  const cookie = await board.enter();
  await weigh(
    'console',
    (path) => board.ask(path, { headers: { cookie } }),
    [
      ...PAGES.map(({ path }) => path),
      `/conversations/${encodeURIComponent('telegram:1:42')}`,
      '/search?q=build',
      '/memories/1',
    ],
    sizes,
  );

  const playground = await pageWorld();
  for (const text of [
    'Done: `fix/rounding`, one commit, and the tests are green.',
    'Anything else?',
  ]) {
    await playground.call('sendMessage', { chat_id: 1000, text });
    await playground.post('/send', { text: `Thank you: ${text}` });
  }
  await weigh('playground', (path) => playground.get(path), ['/'], sizes);

  // Pages, style sheets and scripts of both.
  const read = [...sizes.keys()].join('\n');
  for (const one of [
    'console /usage',
    'playground /',
    'pages/styles.css',
    'pages/client/live.js',
    'playground/client/composer.js',
  ]) {
    expect(read).toContain(one);
  }
  const sum = [...sizes.values()].reduce((total, size) => total + size, 0);
  const heaviest = [...sizes].toSorted(([, one], [, other]) => other - one);
  expect(sum, JSON.stringify(heaviest, null, 1)).toBeLessThan(MOST_BYTES);
});
