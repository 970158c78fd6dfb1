import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boots } from '../../drizzle/schema.ts';
import { COMPLETE, consoleWorld, eventsOf, readable } from './world.ts';

const MARKUP = `<script>alert(1)</script>"><img src=x onerror=alert(1)>`;
const HOUR_MS = 3_600_000;

test('each check is shown with its state, since when it is so, what was found and what to do; what fails comes first', async () => {
  const world = consoleWorld({
    checks: {
      database: { ok: true },
      queue: { ok: true, waitingCount: 2, oldestAgeSeconds: 65 },
      disk: { ok: true, freeBytes: 12_345_000_000, usedPercent: 40 },
      claude: { ok: true, found: true, version: '2.1.0', loggedIn: null },
      webhook: {
        ok: false,
        state: 'refused',
        reason: 'bad host',
        pendingCount: 3,
        lastError: { atMs: 1, message: 'Wrong response' },
        remedy: 'Run `claudio tunnel setup`.',
      },
    },
  });
  await world.health();
  world.clock.advance(2 * HOUR_MS);
  const html = await world.page('/checks');
  const text = readable(html);
  expect(text).toMatch(
    /Webhook where Telegram delivers messages Failing changed 2 h ago Run claudio tunnel setup ?\. refused, bad host, 3 not delivered to us yet, Telegram’s last error, perhaps of long ago: Wrong response Database/u,
  );
  expect(html).toContain('<code>claudio tunnel setup</code>');
  expect(text).toMatch(/Queue .*? Well changed 2 h ago 2 waiting, the oldest for 1 min 5 s/u);
  expect(text).toContain('12.3 GB free, 40 % used');
  expect(text).toContain('version 2.1.0');
  // In the header of each page.
  expect(html).toMatch(/<a id="health" href="\/checks" class="badge bad">1 failing/u);
});

test('so soon after the start that nobody has looked yet, the page looks', async () => {
  const world = consoleWorld({ checks: { disk: { ok: false, remedy: 'Free some space.' } } });
  expect(world.history.latest()).toBeNull();
  expect(await world.page('/checks')).toContain('Free some space.');
});

test('a webhook that is not set up is no fault, and says what follows from that', async () => {
  const world = consoleWorld({ checks: { webhook: { ok: true, state: 'not configured' } } });
  expect(readable(await world.page('/checks'))).toMatch(
    /Webhook where Telegram delivers messages Well .*no public address is set up, so nothing comes in/u,
  );
});

test('what a check says of itself is text, and without secrets', async () => {
  const world = consoleWorld({
    files: {
      'service.env': COMPLETE['service.env'].replace('1:test-token', '1:a-token-of-a-test'),
    },
    checks: {
      [MARKUP]: { ok: true },
      webhook: { ok: false, remedy: MARKUP, reason: 'bot1:a-token-of-a-test/getMe' },
      disk: { ok: false, freeBytes: 'many', version: 7, lastError: 'odd' },
    },
  });
  const html = await world.page('/checks');
  expect(html).not.toMatch(/<script>|<img/u);
  expect(html).not.toContain('a-token-of-a-test');
  expect(readable(html)).toContain(MARKUP);
  // Without a remedy of its own.
  expect(html).toContain('<code>claudio doctor</code> looks for the cause.');
});

/** The numbers of the remedies in a page, in their order. */
function remedies(html: string): readonly number[] {
  return [...html.matchAll(/Remedy (\d+)\./gu)].map(([, number]) => Number(number));
}

test('what changed is listed, the newest first, fifty at a time', async () => {
  const world = consoleWorld();
  for (let count = 1; count <= 60; count += 1) {
    world.clock.advance(60_000);
    world.history.note({
      checks: { disk: count % 2 === 0 ? { ok: true } : { ok: false, remedy: `Remedy ${count}.` } },
    });
  }
  const first = await world.page('/checks');
  expect(remedies(first.slice(first.indexOf('What changed')))).toEqual(
    Array.from({ length: 25 }, (_, index) => 59 - 2 * index),
  );
  const older = /href="(\/checks\?before=\d+)"/u.exec(first)?.[1] ?? '';
  const second = await world.page(older);
  expect(remedies(second)).toEqual([9, 7, 5, 3, 1]);
  expect(second).toContain('href="/checks"');
  // A page of long ago stays as it is, but for the header.
  expect(second).toContain('data-live="/live"');
  expect(first).toContain('data-live="/live/checks"');
  expect(readable(await world.page('/checks?before=1'))).toContain('Nothing older');
  expect(await world.page(`/checks?before=${MARKUP}`)).toContain('Remedy 59.');
});

test('each start of the service is listed with its end; one without an end that is not the present one died', async () => {
  const world = consoleWorld();
  const nowMs = world.clock.now();
  const at = (hoursAgo: number) => nowMs - hoursAgo * HOUR_MS;
  const rows = [
    { id: 'a', startedAtMs: at(9), seenAtMs: at(8), endedAtMs: at(7) },
    { id: 'b', startedAtMs: at(6), seenAtMs: at(4), endedAtMs: null },
    { id: 'c', startedAtMs: at(1), seenAtMs: nowMs, endedAtMs: null },
  ];
  world.database.orm.insert(boots).values(rows).run();
  const text = readable(await world.page('/checks'));
  expect(text).toMatch(
    /Version Claudio \d+\.\d+\.\d+ Runs since 1 h ago Process \d+ Home .* Port 8421/u,
  );
  expect(text).toContain(world.home);
  expect(text).toMatch(
    /Earlier starts .* 6 h ago last seen alive 4 h ago Died .* 9 h ago 7 h ago In good order ran for 2 h/u,
  );
  expect(text.match(/Died/gu)).toHaveLength(1);
});

test('the page is kept up to date by its stream: the checks, what changed, the badge, and what looks after the service', async () => {
  const world = consoleWorld({
    environment: { BACKUP_DEST: join('/', 'nowhere', 'disk') },
    checks: { disk: { ok: true } },
  });
  const cookie = await world.enter();
  await world.ask('/checks', { headers: { cookie } });
  const answer = await world.ask('/live/checks', { headers: { cookie } });
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/u);
  const events = eventsOf(answer);
  await events.until(/"id":"checks".*\n[^]*"id":"starts"/u);
  world.setChecks({ disk: { ok: false, remedy: 'Free some space.' } });
  await world.health();
  world.changed();
  const { text } = await events.until(/1 failing[^]*Free some space/u);
  expect(text).toContain('"id":"health"');
  expect(text).toContain('"id":"changes"');
  // Found by other programs, so it comes when it is there.
  const found = await events.until(/\/nowhere\/disk holds no backups/u);
  expect(found.text).toContain('Health check, every five minutes');
  await events.cancel();
  expect(world.listeners.size).toBe(0);
});
