import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkConfig } from '../../../src/ops/tunnel/config-check.ts';
import {
  configTemplate,
  makeConfig,
  writeConfig,
  WEBHOOK_PATHS,
} from '../../../src/ops/tunnel/config-file.ts';
import { createHost } from '../../../src/platform/host.ts';
import { checkRules, matchRule, readConfig } from '../../standins/cloudflared/config.ts';
import { cloudflaredStandin } from '../../standins/cloudflared/standin.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ID = '00000000-0000-4000-8000-000000000001';
const named = { tunnelId: ID, credentialsFile: '/h/tunnel.json', hostname: 'claudio.example.com' };
const template = readFileSync(configTemplate(), 'utf8');

test('the template itself keeps to the rules of cloudflared', () => {
  const { tunnel, credentialsFile, ingress } = readConfig(configTemplate());
  expect({ tunnel, credentialsFile }).toEqual({
    tunnel: 'TUNNEL_NAME',
    credentialsFile: '/home/YOU/.cloudflared/TUNNEL_ID.json',
  });
  expect(ingress).toEqual([
    {
      hostname: 'TUNNEL_HOSTNAME',
      // Unanchored otherwise: it would let /x/telegram/webhook/y through as well.
      path: '^/telegram/webhook$',
      service: 'http://127.0.0.1:8421',
    },
    // The last one has neither a host name nor a path.
    { hostname: '', path: '', service: 'http_status:404' },
  ]);
  checkRules(ingress);
});

test('a named tunnel lets through its webhook on its own host, and nothing else', () => {
  const file = writeConfig(temporaryFolder(), { named, port: 9000, webhookPaths: WEBHOOK_PATHS });
  const { tunnel, credentialsFile, ingress } = readConfig(file);
  expect({ tunnel, credentialsFile }).toEqual({ tunnel: ID, credentialsFile: '/h/tunnel.json' });
  checkRules(ingress);
  const serviceOf = (url: string) => ingress[matchRule(ingress, new URL(url))]?.service;
  expect(serviceOf('https://claudio.example.com/telegram/webhook')).toBe('http://127.0.0.1:9000');
  for (const url of [
    'https://claudio.example.com/',
    'https://claudio.example.com/health',
    'https://claudio.example.com/telegram/webhook/',
    'https://claudio.example.com/telegram/webhooks',
    'https://claudio.example.com/x/telegram/webhook',
    'https://claudio.example.com/telegram/webhook/../../health',
    'https://other.example.com/telegram/webhook',
  ]) {
    expect([url, serviceOf(url)]).toEqual([url, 'http_status:404']);
  }
});

test('a quick tunnel lets through the same, whatever its host is called', () => {
  const folder = temporaryFolder();
  const file = writeConfig(folder, { named: null, port: 9000, webhookPaths: WEBHOOK_PATHS });
  const { tunnel, credentialsFile, ingress } = readConfig(file);
  expect({ tunnel, credentialsFile }).toEqual({ tunnel: null, credentialsFile: null });
  checkRules(ingress);
  const serviceOf = (path: string) =>
    ingress[matchRule(ingress, new URL(`https://some-words.trycloudflare.com${path}`))]?.service;
  expect(serviceOf('/telegram/webhook')).toBe('http://127.0.0.1:9000');
  expect(serviceOf('/health')).toBe('http_status:404');
});

test('each webhook has a rule of its own, in which no character means anything else than itself', () => {
  const webhookPaths = ['/telegram/webhook', '/slack/events', '/hooks/a.b+(c)$'];
  const file = writeConfig(temporaryFolder(), { named, port: 9000, webhookPaths });
  const { ingress } = readConfig(file);
  checkRules(ingress);
  expect(ingress).toHaveLength(4);
  const numberOf = (path: string) =>
    matchRule(ingress, new URL(path, 'https://claudio.example.com'));
  expect(webhookPaths.map(numberOf)).toEqual([0, 1, 2]);
  expect(numberOf('/hooks/axb+(c)$')).toBe(3);
});

test('whatever the home is called, cloudflared reads its path as it is', () => {
  const folder = temporaryFolder();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      const credentialsFile = `/home/${name}/tunnel.json`;
      const route = { named: { ...named, credentialsFile }, port: 1, webhookPaths: WEBHOOK_PATHS };
      const file = writeConfig(folder, route);
      expect(readConfig(file).credentialsFile).toBe(credentialsFile);
      // YAML takes these for line breaks, or not at all, unless they are escaped.
      // oxlint-disable-next-line no-control-regex
      expect(readFileSync(file, 'utf8')).not.toMatch(/[\u0000-\u0009\u007F-\u009F\u2028\u2029]/u);
    }),
  );
});

test('a template that is not what it was is refused, and what was added to it is kept', () => {
  const route = { named, port: 9000, webhookPaths: WEBHOOK_PATHS };
  expect(() => makeConfig('tunnel: x\n', route)).toThrow(/no rules/u);
  expect(() => makeConfig('ingress:\n  - service: http_status:404\n', route)).toThrow(/no rules/u);
  const more = template.replace('ingress:', 'originRequest:\n  connectTimeout: 5s\ningress:');
  expect(makeConfig(more, route)).toContain('originRequest:\n  connectTimeout: 5s\n');
});

test('cloudflared itself judges a configuration before it counts', async () => {
  const { path } = cloudflaredStandin();
  const home = temporaryFolder();
  const host = createHost({ HOME: home, PATH: '/usr/bin:/bin' });
  const route = { named, port: 9000, webhookPaths: WEBHOOK_PATHS };
  const file = writeConfig(home, route);
  await checkConfig(host, path, file, route);

  await expect(checkConfig(host, path, file, { ...route, port: 9001 })).rejects.toMatchObject({
    code: 'tunnel.config-refused',
    message: expect.stringContaining('/telegram/webhook would go to http://127.0.0.1:9000'),
  });
  await expect(checkConfig(host, path, join(home, 'not-there.yml'), route)).rejects.toMatchObject({
    code: 'tunnel.config-refused',
  });
});
