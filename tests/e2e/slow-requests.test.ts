import { expect, test } from 'vitest';
import { rawConnection, SECRET_TOKEN, WEBHOOK_PATH } from './http.ts';
import { createWorld } from './service.ts';

test('slow and half-open requests are cut off and keep nobody waiting', async () => {
  const world = await createWorld({ claude: 'instant' });
  const service = await world.start();
  const head = `POST ${WEBHOOK_PATH} HTTP/1.1\r\nhost: localhost\r\nx-telegram-bot-api-secret-token: ${SECRET_TOKEN}\r\n`;
  const open = (text: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => rawConnection(world.port, text)));
  const silent = await open('', 50);
  const halfHead = await open(head, 50);
  const halfBody = await open(`${head}content-length: 1000\r\n\r\n{"update_id":`, 50);

  const startedAtMs = performance.now();
  await world.api.say('hello');
  const [answer] = await world.api.sent(1);
  expect(answer?.text).toBe('An instant answer.');
  await expect.poll(async () => (await fetch(`${service.url}/health`)).ok).toBe(true);
  expect(performance.now() - startedAtMs).toBeLessThan(4000);

  const heads = await Promise.all([...silent, ...halfHead].map(({ over }) => over));
  for (const { afterMs } of heads) expect(afterMs).toBeLessThan(9000);
  expect(heads.at(-1)?.text).toMatch(/^HTTP\/1\.1 408 /u);
  const bodies = await Promise.all(halfBody.map(({ over }) => over));
  for (const { afterMs } of bodies) expect(afterMs).toBeLessThan(20_000);
  expect(bodies.at(-1)?.text).toMatch(/^HTTP\/1\.1 408 /u);

  // That is nobody's fault here, and the log says nothing of it.
  expect(service.log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  await world.api.say('and again');
  await world.api.sent(2);
});
