import { expect, test } from 'vitest';
import { messages } from '../../drizzle/schema.ts';
import { conversationPath } from '../../src/console/paths.ts';
import { conversation } from '../support/inbound.ts';
import { site } from './now-site.ts';
import { talkWorld } from './talk-world.ts';

const NAME = 'ليلى';
const WORDS = 'ابدأ build الآن';

test('texts run the way they are written, and a name turns nothing round', async () => {
  const { say, open } = talkWorld();
  say(WORDS, { author: NAME, forwardedFrom: NAME });
  say(`# ${WORDS}\n\n${WORDS}\n\n- ${WORDS}\n\n  ${WORDS}\n\n| a |\n|---|\n| ${WORDS} |`, {
    role: 'claude',
    author: null,
  });
  const talk = (await open(conversationPath(conversation().id))).html;
  expect(talk).toMatch(new RegExp(`<strong>\\s*<bdi>${NAME}</bdi>`, 'u'));
  expect(talk).toMatch(new RegExp(`Forwarded from\\s*<bdi>${NAME}</bdi>`, 'u'));
  for (const block of ['p', 'h\\d', 'td']) {
    expect(talk).toMatch(new RegExp(`<${block} dir="auto">${WORDS}</${block}>`, 'u'));
  }
  // The bullet stands where its text begins.
  expect(talk).toContain(`<ul dir="auto"><li><p>${WORDS}</p><p>${WORDS}</p></li></ul>`);

  const list = (await open('/conversations')).html;
  expect(list).toMatch(new RegExp(`<bdi>\\s*<a href="[^"]*">${NAME}</a>`, 'u'));
  const found = (await open(`/search?q=${encodeURIComponent('ابدأ')}`)).html;
  expect(found).toContain('<p dir="auto"><mark>');
  expect(found).toContain(`<bdi>${NAME},</bdi> <time`);

  const { run, database, page } = site();
  run(WORDS);
  database.orm.update(messages).set({ author: NAME }).run();
  const now = await page();
  expect(now).toMatch(new RegExp(`<h3 dir="auto">\\s*<a href="[^"]*">${WORDS}</a>`, 'u'));
  expect(now).toContain(`<bdi>${NAME}</bdi>`);
  expect(now).toContain(`“<bdi>${WORDS}</bdi>”`);
});
