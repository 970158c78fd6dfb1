import { jsx } from 'hono/jsx';
import { expect, test } from 'vitest';
import { htmlOf } from './html.tsx';
import { Page } from '../../src/pages/page.tsx';

const MARKUP = `"><img onerror=alert(1)><script>x</script>`;
const ESCAPED = '&quot;&gt;&lt;img onerror=alert(1)&gt;&lt;script&gt;x&lt;/script&gt;';

async function render(props: Partial<Parameters<typeof Page>[0]> = {}): Promise<string> {
  return await htmlOf(
    jsx(Page, { title: 'Now', nav: null, children: jsx('h1', {}, 'Now'), ...props }),
  );
}

test('a page says what it is, in which language, and fits a phone', async () => {
  const html = await render();
  expect(html).toMatch(/^<!doctype html><html lang="en"><head><meta charset="utf-8"\/>/u);
  expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1"/>');
  expect(html).toContain('<title>Now</title>');
});

test('what is put into a page is escaped', async () => {
  const html = await render({
    title: MARKUP,
    nav: { items: [{ path: `/${MARKUP}`, label: MARKUP }], current: '/' },
    live: `/live?${MARKUP}`,
    next: `/${MARKUP}`,
    children: MARKUP,
  });
  expect(html).not.toContain('<img');
  expect(html).not.toContain('<script>');
  expect(html.split(ESCAPED).length - 1).toBe(6);
});

test('nothing of a page comes from another host or stands in it as script or style', async () => {
  const html = await render({
    live: '/live',
    styles: ['a/styles.css'],
    scripts: ['a/client/x.js'],
  });
  expect(html).toContain('<link rel="stylesheet" href="/assets/a/styles.css"/>');
  expect(html).toContain('<script type="module" src="/assets/a/client/x.js"></script>');
  const targets = [...html.matchAll(/(?:href|src)="([^"]*)"/gu)].map(([, target]) => target ?? '');
  expect(targets.length).toBeGreaterThan(5);
  expect(
    targets.filter((target) => !/^(?:\/assets\/|#main$|data:image\/svg)/u.test(target)),
  ).toEqual([]);
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*src)/u);
});

test('the first thing on a page leads past the navigation', async () => {
  const html = await render({ nav: { items: [{ path: '/', label: 'Now' }], current: '/' } });
  const body = html.slice(html.indexOf('<body'));
  expect(body).toMatch(/^<body><a class="skip" href="#main">Skip to the content<\/a><header>/u);
  expect(body).toContain('<main id="main" tabindex="-1"><h1>Now</h1></main>');
});

test('the navigation says which page this is', async () => {
  const items = [
    { path: '/', label: 'Now' },
    { path: '/usage', label: 'Usage' },
  ];
  const html = await render({ nav: { items, current: '/usage', end: jsx('b', {}, 'out') } });
  expect(html).toContain('<nav aria-label="Pages">');
  expect(html).toContain('<a href="/usage" aria-current="page">Usage</a>');
  expect(html.match(/aria-current/gu)).toHaveLength(1);
  expect(html).toContain('<b>out</b></nav>');
  expect(await render()).not.toContain('<nav');
});

test('there is a place for what went wrong, and for that nobody answers; both are empty at first', async () => {
  const html = await render();
  expect(html).toContain('<div role="status"><p id="away" hidden="">');
  expect(html).toContain('<p id="fault" role="alert"></p>');
});

test('a page names its stream only where it has one', async () => {
  expect(await render({ live: '/live' })).toContain('<body data-live="/live">');
  expect(await render({ live: '' })).toContain('<body>');
  expect(await render()).toContain('<body>');
});

test('a page can lead on to another', async () => {
  expect(await render({ next: '/' })).toContain('<meta http-equiv="refresh" content="0; url=/"/>');
  expect(await render()).not.toContain('http-equiv');
});
