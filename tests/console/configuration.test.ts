import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { grants } from '../../drizzle/schema.ts';
import { SETTING_NAMES } from '../../src/platform/configuration/schema.ts';
import { createProjectStore } from '../../src/policy/projects.ts';
import { COMPLETE, consoleWorld, readable } from './world.ts';

const MARKUP = `<script>alert(1)</script>"><img src=x onerror=alert(1)>`;
/** No five characters of them stand in any page by chance. */
const SECRETS = {
  token: 'qa1qb1qc1qd1qe1qf1',
  other: 'qa2qb2qc2qd2qe2qf2',
  webhook: 'qa3qb3qc3qd3qe3qf3',
  otherWebhook: 'qa4qb4qc4qd4qe4qf4',
  voice: 'qa5qb5qc5qd5qe5qf5',
  short: 'qa6qb6qc6',
};

const FILES = {
  'service.env': `TELEGRAM_BOT_TOKEN="11:${SECRETS.token}"
TELEGRAM_CHAT_ID="42"
TELEGRAM_ALLOWED_USERS="7"
WEBHOOK_SECRET="${SECRETS.webhook}"
ELEVENLABS_API_KEY="${SECRETS.voice}"
MODEL="opus"
MAX_QUEUE_SIZE="9"
`,
  'bots/work/bot.env': `TELEGRAM_BOT_TOKEN="22:${SECRETS.other}"
TELEGRAM_CHAT_ID="43"
WEBHOOK_SECRET="${SECRETS.otherWebhook}"
MAX_HISTORY_LINES="3"
`,
};

/** A row of a table, as it is read: what stands behind its heading. */
function rowOf(html: string, setting: string, from = 0): string {
  const start = html.indexOf(`>${setting}</th>`, from);
  return readable(html.slice(start + setting.length + 1, html.indexOf('</tr>', start))).trim();
}

test('every setting is there with its value and where it comes from', async () => {
  const world = consoleWorld({ files: FILES, environment: { MAX_CONCURRENT_TURNS: '2' } });
  const html = await world.page('/configuration');
  for (const name of SETTING_NAMES) expect(html).toContain(`>${name}</th>`);
  const settings = html.indexOf('id="settings-title"');
  expect(rowOf(html, 'MAX_QUEUE_SIZE', settings)).toBe('9 service.env');
  expect(rowOf(html, 'MAX_CONCURRENT_TURNS', settings)).toBe('2 environment');
  expect(rowOf(html, 'PORT', settings)).toBe('8421 default');
  expect(rowOf(html, 'BACKUP_DEST', settings)).toBe('not set');
  expect(rowOf(html, 'CLAUDE_TOOLS', settings)).toMatch(/^Read,.* follows from others$/u);
  expect(readable(html)).toContain('claudio config set NAME VALUE');
});

test('no secret of any bot, and no more than its last four characters, is in the page', async () => {
  const world = consoleWorld({
    files: {
      ...FILES,
      // Too short to show even its end.
      'bots/tiny/bot.env': `TELEGRAM_BOT_TOKEN="33:${SECRETS.short}"\nTELEGRAM_CHAT_ID="44"\n`,
    },
    environment: { WEBHOOK_URL: `https://user:${SECRETS.webhook}@claudio.example.com` },
  });
  const html = await world.page('/configuration');
  expect(readable(html)).toContain(`(set, ends in ${SECRETS.voice.slice(-4)})`);
  expect(rowOf(html, 'TELEGRAM_BOT_TOKEN', html.indexOf('>tiny'))).toBe('(set, hidden) bot.env');
  for (const secret of Object.values(SECRETS)) {
    for (let at = 0; at + 5 <= secret.length; at += 1) {
      expect(html).not.toContain(secret.slice(at, at + 5));
    }
  }
});

test('what was changed since the start is marked, until a restart has taken it', async () => {
  const world = consoleWorld({ files: FILES });
  expect(await world.page('/configuration')).not.toContain('from the next start on');
  world.put('service.env', FILES['service.env'].replace('"9"', '"10"').replace('opus', 'haiku'));
  const html = await world.page('/configuration');
  const settings = html.indexOf('id="settings-title"');
  expect(rowOf(html, 'MAX_QUEUE_SIZE', settings)).toBe('10 from the next start on service.env');
  expect(html.match(/from the next start on/gu)).toHaveLength(1);
});

test('each bot is there with what it has of its own, and whether the service has taken it', async () => {
  const world = consoleWorld({ files: FILES, environment: { MODEL: 'sonnet' } });
  let html = await world.page('/configuration');
  const work = html.indexOf('bots/work/bot.env');
  expect(rowOf(html, 'MODEL')).toBe('sonnet environment');
  expect(rowOf(html, 'MODEL', work)).toBe('sonnet the service');
  expect(rowOf(html, 'MAX_HISTORY_LINES', work)).toBe('3 bot.env');
  expect(rowOf(html, 'TELEGRAM_CHAT_ID', work)).toBe('43 bot.env');
  expect(rowOf(html, 'TELEGRAM_ALLOWED_USERS', work)).toBe('not set');
  expect(html).not.toContain('not taken yet');
  expect(readable(html)).toContain('claudio config set NAME VALUE --bot BOT');

  world.put('bots/new/bot.env', 'TELEGRAM_BOT_TOKEN="33:test-token"\nTELEGRAM_CHAT_ID="44"\n');
  rmSync(join(world.home, 'bots/work'), { recursive: true });
  html = await world.page('/configuration');
  expect(readable(html)).toMatch(/work its settings are gone, and it goes with claudio reload/u);
  expect(readable(html)).toMatch(/new not taken yet: claudio reload/u);
});

test('projects and roles are listed, by name, with the commands that change them', async () => {
  const world = consoleWorld({ files: FILES });
  createProjectStore(world.database, world.clock).add({ name: 'shop', path: `/srv/${MARKUP}` });
  const role = { grantedBy: 'shell', atMs: world.clock.now() };
  world.database.orm
    .insert(grants)
    .values([
      { scope: 'telegram:11', personId: '8', name: MARKUP, role: 'viewer', ...role },
      { scope: 'telegram:22:-1005', personId: '9', name: 'Owner', role: 'member', ...role },
    ])
    .run();
  const html = await world.page('/configuration');
  const text = readable(html);
  expect(html).not.toMatch(/<script>|<img/u);
  expect(text).toContain(`shop /srv/${MARKUP}`);
  expect(text).toMatch(/42 owner every chat settings/u);
  expect(text).toMatch(/7 member every chat settings/u);
  expect(text).toMatch(/8 viewer every chat command line just now/u);
  expect(text).toMatch(/Owner 9 member chat -1005 command line/u);
  expect(text).toContain('claudio project add NAME FOLDER');
  expect(text).toContain('claudio access grant ID ROLE');
});

test('the policy is there in short, and that its file is faulty', async () => {
  const world = consoleWorld();
  let text = readable(await world.page('/configuration'));
  expect(text).toMatch(
    /Mode permissive: .* From what comes with Claudio Free of the rules nobody/u,
  );
  world.put(
    'policy.json',
    JSON.stringify({
      mode: 'strict',
      block: [MARKUP.replaceAll(/[()]/gu, '.')],
      exempt: ['owner'],
      roles: { viewer: { tools: ['Read'], folders: ['/srv'] } },
      deniedFiles: ['*.key', '*.p12'],
    }),
  );
  world.clock.advance(60_000);
  const html = await world.page('/configuration');
  text = readable(html);
  expect(html).not.toMatch(/<script>|<img/u);
  expect(text).toMatch(
    /Mode strict: .* From policy\.json Free of the rules owner Claude, for a viewer tools: Read; folders: \/srv/u,
  );
  expect(text).toMatch(/Forbidden: 1 .* Allowed: 10 .* beside the usual: 2/u);
  world.put('policy.json', '{ "mode": ');
  world.clock.set(Date.now() + 60_000);
  expect(readable(await world.page('/configuration'))).toMatch(/Faulty .* Mode strict/u);
});

test('a configuration with which the service would not start again is shown as far as it goes, with its faults', async () => {
  const world = consoleWorld({ files: FILES });
  world.put(
    'service.env',
    `${FILES['service.env']}PORT="none"\n${MARKUP.replaceAll('"', '')}="1"\n`,
  );
  const html = await world.page('/configuration');
  const text = readable(html);
  expect(text).toContain('the service would not start again');
  expect(text).toContain('PORT must be a whole number');
  expect(html).not.toMatch(/<script>|<img/u);
  expect(rowOf(html, 'MAX_QUEUE_SIZE', html.indexOf('id="settings-title"'))).toBe('9 service.env');
});

test('where the files cannot be read, the page says so and what to do', async () => {
  const world = consoleWorld({ files: COMPLETE });
  rmSync(join(world.home, 'service.env'));
  world.put('service.env/odd', '');
  const text = readable(await world.page('/configuration'));
  expect(text).toContain('service.env');
  expect(text).toMatch(/Roles .* Projects .* Policy/u);
});
