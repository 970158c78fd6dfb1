import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { post, rawConnection, SECRET_TOKEN, WEBHOOK_PATH } from './http.ts';
import { readDatabase } from './inspect.ts';
import { createWorld } from './service.ts';

const HEAD = `POST ${WEBHOOK_PATH} HTTP/1.1\r\nhost: localhost\r\nx-telegram-bot-api-secret-token: ${SECRET_TOKEN}\r\n`;
const MEGABYTE = 1024 * 1024;

test('the webhook takes what Telegram sends with the secret, and refuses everything else by its kind', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();
  const update = JSON.stringify(world.api.updates.text('hello'));
  const statusOf = async (...args: [string, Record<string, string>?]) =>
    (await post(service, ...args)).status;

  expect(await statusOf(update, { 'x-telegram-bot-api-secret-token': 'e2e-secre' })).toBe(401);
  expect(await statusOf(update, { 'x-telegram-bot-api-secret-token': '' })).toBe(401);
  const { status } = await fetch(service.url + WEBHOOK_PATH, { method: 'POST', body: update });
  expect(status).toBe(401);
  expect(await statusOf(update.slice(0, -1))).toBe(400);
  expect(await statusOf('')).toBe(400);
  for (const noUpdate of [
    'null',
    '[]',
    '7',
    '"text"',
    '{}',
    '{"update_id":"7"}',
    '{"update_id":-1}',
  ]) {
    expect(await statusOf(noUpdate), noUpdate).toBe(400);
  }
  expect((await fetch(service.url + WEBHOOK_PATH)).status).toBe(404);
  expect(world.api.sentMessages()).toEqual([]);
  expect(readDatabase(world.home).query.updates.findMany().sync()).toEqual([]);

  expect(await statusOf(update)).toBe(200);
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('An instant answer.');
  // Behind the tunnel it works as well.
  const tunnelled = JSON.stringify(world.api.updates.text('hello again'));
  expect(await statusOf(tunnelled, { 'cf-connecting-ip': '149.154.160.1', 'cf-ray': '1' })).toBe(
    200,
  );
  await world.api.sent(2);
});

test('a body of more than a megabyte is refused before it has arrived, whether its length is declared or not', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();

  // Nothing of the body is sent, and still the answer comes.
  const declared = await rawConnection(
    world.port,
    `${HEAD}content-length: ${MEGABYTE + 1}\r\n\r\n`,
  );
  expect(await declared.until(/\r\n\r\n/u)).toMatch(/^HTTP\/1\.1 413 /u);
  // More comes than is allowed, and its end never does.
  const chunked = await rawConnection(world.port, `${HEAD}transfer-encoding: chunked\r\n\r\n`);
  const chunk = `10000\r\n${'x'.repeat(0x1_00_00)}\r\n`;
  for (let sent = 0; sent <= MEGABYTE; sent += 0x1_00_00) chunked.socket.write(chunk);
  expect(await chunked.until(/\r\n\r\n/u)).toMatch(/^HTTP\/1\.1 413 /u);
  // Without the secret not a byte of it is waited for.
  const stranger = await rawConnection(
    world.port,
    `${HEAD.replace(SECRET_TOKEN, 'wrong')}content-length: 1000\r\n\r\n`,
  );
  expect(await stranger.until(/\r\n\r\n/u)).toMatch(/^HTTP\/1\.1 401 /u);
  await Promise.all([declared.over, chunked.over]);

  const text = 'x'.repeat(4000);
  const padded = { ...world.api.updates.text(text), padding: '' };
  const room = MEGABYTE - JSON.stringify(padded).length;
  const largest = JSON.stringify({ ...padded, padding: 'x'.repeat(room) });
  expect(largest).toHaveLength(MEGABYTE);
  expect((await post(service, largest)).status).toBe(200);
  await world.api.sent(1);
});

test('an update that was acknowledged is a duplicate ever after, also after a restart (promise 3: no duplicates and replays)', async () => {
  const world = await createWorld({ claude: 'instant' });
  const first = await world.start();
  const body = JSON.stringify(world.api.updates.text('once'));
  expect((await post(first, body)).status).toBe(200);
  await first.logged('delivery.sent');
  expect((await post(first, body)).status).toBe(200);
  await first.logged('update.duplicate');
  first.signal('SIGKILL');
  await first.exit;

  const second = await world.start();
  expect((await post(second, body)).status).toBe(200);
  await second.logged('update.duplicate');
  const next = world.api.updates.text('twice');
  await world.api.deliver(next);
  await world.api.message('its answer', ({ replyTo }) => replyTo === next.message?.message_id);
  expect(await world.api.sent(2)).toHaveLength(2);
  expect(readDatabase(world.home).query.turns.findMany().sync()).toHaveLength(2);
});

/** Whatever else a line of the log holds at random, it does not hold this. */
const STRANGER_ID = 987_654_321_012;

test('someone who is not allowed gets nothing but a 200, and leaves one line in the audit and one in the log', async () => {
  const world = await createWorld({ claude: 'instant' });
  world.environment['LOG_LEVEL'] = 'info';
  const service = await world.start();
  const linesBefore = service.log.length;
  const stranger = { id: STRANGER_ID, is_bot: false, first_name: 'Stranger' };
  const report = await world.api.deliver(world.api.updates.text('let me in', { from: stranger }));
  expect(report.attempts.map(({ status }) => status)).toEqual([200]);
  await world.api.say('hello');
  await world.api.sent(1);

  const refusals = service.log
    .slice(linesBefore)
    .filter((line) => JSON.stringify(line).includes(String(STRANGER_ID)));
  expect(refusals).toMatchObject([
    {
      event: 'access.refused',
      level: 'warn',
      conversation: `telegram:1:${STRANGER_ID}`,
      person: String(STRANGER_ID),
    },
  ]);
  expect(JSON.stringify(refusals)).not.toContain('let me in');
  const database = readDatabase(world.home);
  const audit = database.query.audit.findMany().sync();
  const ofStranger = audit.filter(
    ({ personId, conversationId }) =>
      personId === String(STRANGER_ID) || conversationId === `telegram:1:${STRANGER_ID}`,
  );
  expect(ofStranger).toMatchObject([
    {
      event: 'access.refused',
      conversationId: `telegram:1:${STRANGER_ID}`,
      personId: String(STRANGER_ID),
    },
  ]);
  expect(JSON.stringify(audit)).not.toContain('let me in');
  expect(database.query.turns.findMany().sync()).toHaveLength(1);
  expect(world.api.calls.filter(({ chat }) => chat === String(STRANGER_ID))).toEqual([]);
});

test('an update of a kind that is not handled is a 200 and a line for debugging', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();
  const body = JSON.stringify({ update_id: 7, chat_boost: { boost: {} } });
  expect((await post(service, body)).status).toBe(200);
  const line = await service.logged('update.ignored');
  expect(line).toMatchObject({ level: 'debug', update: 7, reason: 'chat_boost' });
});

test('what came through the tunnel finds the webhook and nothing else', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();
  for (const name of ['cf-connecting-ip', 'Cf-Ray', 'X-Forwarded-For']) {
    for (const path of [
      '/health',
      '/',
      '/metrics',
      '/health/',
      '//health',
      `${WEBHOOK_PATH}/../../health`,
    ]) {
      const { status, body } = await requestRaw(world.port, path, name);
      expect([name, path, status]).toEqual([name, path, 404]);
      expect(body).not.toMatch(/checks|version/u);
    }
  }
  await expect.poll(async () => (await fetch(`${service.url}/health`)).status).toBe(200);
});

test('the service listens on 127.0.0.1 and on no other address', async () => {
  const world = await createWorld({ claude: 'instant' });
  await world.start();
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address)
    .filter((address) => address !== '127.0.0.1' && !address.startsWith('fe80'));
  if (process.platform === 'linux') others.push('127.0.0.2');
  expect(others).not.toEqual([]);
  for (const address of others) {
    const socket = connect({ port: world.port, host: address });
    await expect(once(socket, 'connect'), address).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
});

/** A path as it is, without the tidying of a URL. */
async function requestRaw(port: number, path: string, header: string) {
  const connection = await rawConnection(
    port,
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${header}: 1\r\nconnection: close\r\n\r\n`,
  );
  const { text } = await connection.over;
  return { status: Number(/^HTTP\/1\.1 (\d+) /u.exec(text)?.[1]), body: text };
}
