import { expect, test } from 'vitest';
import { startHub } from './hub.ts';

const FILES = { 'made-up/one': new Map([['a.json', Buffer.from('{}')]]) };

test.each<[string, string, RequestInit]>([
  ['another path', '/api/models/made-up/one', {}],
  ['another method', '/api/models/made-up/one/revision/main', { method: 'POST' }],
  ['another revision', '/api/models/made-up/one/revision/other', {}],
  ['a list of one folder', '/api/models/made-up/one/tree/REVISION', {}],
  ['a file of another revision', '/made-up/one/resolve/main/a.json', {}],
  [
    'credentials',
    '/api/models/made-up/one/revision/main',
    { headers: { authorization: 'Bearer made-up' } },
  ],
])('%s is no request to a hub', async (_, path, options) => {
  const hub = await startHub(FILES);
  const url = `${hub.url}${path.replace('REVISION', hub.revision)}`;
  await fetch(url, options);
  expect(hub.violations.length).toBeGreaterThan(0);
  await expect(hub.close()).rejects.toThrow('requests that fit no hub');
});

test('what is asked for as it should be is given', async () => {
  const hub = await startHub(FILES);
  const file = await fetch(`${hub.url}/made-up/one/resolve/${hub.revision}/a.json`);
  expect(await file.text()).toBe('{}');
  const tree = await fetch(`${hub.url}/api/models/made-up/one/tree/${hub.revision}?recursive=true`);
  // `printf '{}' | git hash-object --stdin`
  const oid = '9e26dfeeb6e641a33dae4961196235bdb965b21b';
  expect(await tree.json()).toEqual([{ type: 'file', oid, size: 2, path: 'a.json' }]);
  await hub.close();
});
