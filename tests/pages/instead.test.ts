import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { answerInstead } from '../../src/pages/instead.tsx';

const SENTENCE = 'Not for <b>you</b>.';

function ask(headers: Readonly<Record<string, string>>): Response | Promise<Response> {
  const app = new Hono();
  app.get('/', (context) =>
    answerInstead(context, 403, {
      title: '"><img onerror=alert(1)>',
      sentence: SENTENCE,
      link: { href: '/', label: 'Back' },
    }),
  );
  return app.request('/', { headers });
}

test('who asks for a page is told on a page, with nothing of it taken for markup', async () => {
  for (const headers of [{}, { accept: 'text/html' }, { accept: '*/*' }]) {
    const response = await ask(headers);
    expect(response.status).toBe(403);
    const html = await response.text();
    expect(html).toContain('<h1>&quot;&gt;&lt;img onerror=alert(1)&gt;</h1>');
    expect(html).toContain('<p role="alert">Not for &lt;b&gt;you&lt;/b&gt;.</p>');
    expect(html).toContain('<a href="/">Back</a>');
  }
});

test('a script is told in a sentence', async () => {
  const response = await ask({ accept: 'text/plain' });
  expect([response.status, await response.text()]).toEqual([403, SENTENCE]);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=UTF-8');
});
