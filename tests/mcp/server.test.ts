import { expect, test } from 'vitest';
import { z } from 'zod';
import { mcpClient, REVISIONS } from './client.ts';
import { toolWorld } from './world.ts';

test('a client finds six tools, each with what it is for and what it takes, and the one that is not for the model', async () => {
  const { run } = await toolWorld();
  const { initialize, resultOf, server, post } = run();
  expect(server.name).toBe('claudio');
  expect(await initialize()).toMatchObject({ serverInfo: { name: 'claudio' } });
  const initialized = await post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  expect(initialized.status).toBe(202);
  const { tools: all } = z
    .object({
      tools: z.array(z.object({ name: z.string(), description: z.string(), inputSchema: z.any() })),
    })
    .parse(await resultOf('tools/list', {}));
  const tools = all.filter(({ name }) => name !== 'approve');
  expect(all).toHaveLength(tools.length + 1);
  expect(tools.map(({ name }) => name).sort()).toEqual([
    'ask_user',
    'schedule_restart',
    'search_history',
    'send_file',
    'send_message',
    'send_photo',
  ]);
  for (const { description, inputSchema } of tools) {
    expect(description).toMatch(/Use it/u);
    expect(description).toMatch(/Do not use it|Never|Use it only/u);
    expect(inputSchema).toMatchObject({ type: 'object', properties: expect.any(Object) });
  }
});

test('each opening has a long token of its own, which stands in no address', async () => {
  const { run } = await toolWorld();
  const one = run();
  const other = one.again();
  expect(one.server.token).toMatch(/^[\w-]{43}$/u);
  expect(other.server.token).not.toBe(one.server.token);
  expect(one.server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/u);
});

test('without the token of an open turn nothing is answered', async () => {
  const { run, deliveries } = await toolWorld();
  const { server, post, call } = run();
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'send_message', arguments: { text: 'no' } },
  };
  const wrong = [
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${server.token}x`,
    `Bearer ${server.token.slice(0, -1)}`,
    `Basic ${server.token}`,
    server.token,
  ];
  for (const authorization of wrong) {
    const response = await post(body, { headers: { authorization } });
    expect(response.status, authorization).toBe(401);
    await response.text();
  }
  const inAddress = await mcpClient({ ...server, url: `${server.url}?token=${server.token}` }).post(
    body,
    { headers: { authorization: '' } },
  );
  expect(inAddress.status).toBe(401);
  expect(deliveries()).toEqual([]);
  expect(await call('send_message', { text: 'yes' })).toMatchObject({ isError: false });
});

test('after the closing the token is worth nothing, and closing twice is fine', async () => {
  const { run } = await toolWorld();
  const one = run();
  const other = run('something else', '43');
  one.close();
  one.close();
  expect((await one.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status).toBe(401);
  expect((await other.post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status).toBe(200);
});

test('what is no call is refused by its status, and breaks nothing', async () => {
  const { run } = await toolWorld();
  const { server, post, call } = run();
  const authorization = `Bearer ${server.token}`;
  const get = await fetch(server.url, { headers: { authorization, accept: 'text/event-stream' } });
  expect(get.status).toBe(405);
  expect((await fetch(server.url, { method: 'DELETE', headers: { authorization } })).status).toBe(
    405,
  );
  expect((await post('{')).status).toBe(400);
  expect((await post('[]')).status).toBe(400);
  expect((await post('{}', { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  expect((await post('x'.repeat(1024 * 1024 + 1))).status).toBe(413);
  expect(await call('send_message', { text: 'still there' })).toMatchObject({ isError: false });
});

test('input that does not fit is a refusal that says what is wrong', async () => {
  const { run, deliveries } = await toolWorld();
  const { call } = run();
  const wrong: [string, unknown][] = [
    ['send_message', {}],
    ['send_message', { text: 5 }],
    ['send_message', { text: 'x'.repeat(20_001) }],
    ['send_file', { paths: [] }],
    ['send_file', { paths: Array.from({ length: 11 }, (_, index) => `${index}.txt`) }],
    ['ask_user', { question: 'Which?', options: Array.from({ length: 9 }, (_, i) => `${i}`) }],
    ['ask_user', { question: 'Which?', options: ['x'.repeat(61)] }],
    ['schedule_restart', {}],
    ['search_history', { query: 'x', limit: 51 }],
  ];
  for (const [name, input] of wrong) {
    const { text, isError } = await call(name, input);
    expect(isError, name).toBe(true);
    expect(text).toMatch(/text|paths|options|reason|limit/u);
  }
  expect(deliveries()).toEqual([]);
});

test('a fault of the database is a refusal that tells nothing of it', async () => {
  const { run, database } = await toolWorld();
  const { call } = run();
  database.orm.$client.exec('drop table deliveries');
  const { text, isError } = await call('send_message', { text: 'hello' });
  expect(isError).toBe(true);
  expect(text).toMatch(/did not work/u);
  expect(text).not.toMatch(/deliveries|sql/iu);
});

test('a program of the newest protocol, without initialization, is served too', async () => {
  const { run } = await toolWorld();
  const { post } = run();
  const { headers, meta } = REVISIONS['2026-07-28']('send_message');
  const params = { name: 'send_message', arguments: { text: 'hello' }, _meta: meta };
  const response = await post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }, { headers });
  expect(await response.text()).toContain('on its way');
});
