import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, format } from 'prettier';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { packageRoot } from '../../src/platform/package.ts';

// Docker is not at hand where the tests run: what is checked here is what the files say, not that they work.
const read = (file: string): string => readFileSync(join(packageRoot(), 'deploy', file), 'utf8');
const compose = read('compose.yaml');
const dockerfile = read('Dockerfile');

/** The lines of one service, without comments. */
function service(name: string): string {
  const text = compose.replaceAll(/^\s*#.*\n/gmu, '');
  const found = new RegExp(`^ {2}${name}:\\n((?: {4}.*\\n|\\n)+)`, 'mu').exec(text)?.[1];
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
}

/** The instructions of the Dockerfile, one a line. */
const instructions = dockerfile
  .replaceAll(/^#.*\n/gmu, '')
  .replaceAll(/\\\n\s*/gu, '')
  .split('\n')
  .filter((line) => line !== '');

test('the compose file is valid YAML', async () => {
  expect(await check(compose, { parser: 'yaml', singleQuote: true, printWidth: 100 })).toBe(true);
  await expect(format(`${compose}\n  bad: [`, { parser: 'yaml' })).rejects.toThrow();
});

test.each(['network', 'claudio', 'cloudflared'])(
  '%s is started again, has no rights, and its log is bounded',
  (name) => {
    expect(service(name)).toMatch(/^ {4}<<: \*common$/mu);
    const shared = /^x-common: &common\n((?: .*\n)+)/mu.exec(compose)?.[1] ?? '';
    for (const line of [
      'restart: unless-stopped',
      '- no-new-privileges:true',
      '- ALL',
      'driver: json-file',
      'max-size: 10m',
      "max-file: '5'",
    ]) {
      expect(shared).toContain(line);
    }
    expect(service(name)).not.toMatch(/privileged|ports:|network_mode: host/u);
  },
);

test('Claudio and cloudflared share a network that outlives them both', () => {
  for (const name of ['claudio', 'cloudflared']) {
    expect(service(name)).toContain('network_mode: service:network\n');
  }
  expect(service('network')).toMatch(/entrypoint: \[sleep, infinity\]/u);
  expect(service('network')).toContain('pull_policy: never');
});

test('the token of the tunnel comes from a file, and stands in no command and no environment', () => {
  const tunnel = service('cloudflared');
  expect(tunnel).toMatch(/- --token-file\n\s+- \/run\/secrets\/tunnel-token\n/u);
  expect(tunnel).toMatch(/image: cloudflare\/cloudflared:\d{4}\.\d+\.\d+\n/u);
  expect(compose).toMatch(/^secrets:\n {2}tunnel-token:\n {4}file: \.\/tunnel-token$/mu);
  expect(compose).not.toMatch(/TUNNEL_TOKEN/u);
  const ignored = read('Dockerfile.dockerignore').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['*', 'deploy/*token*', 'deploy/*.env']));
});

test('a stop gives running turns their time, and children are reaped', () => {
  expect(service('claudio')).toMatch(/^ {4}stop_grace_period: 12m$/mu);
  expect(service('claudio')).toMatch(/^ {4}init: true$/mu);
});

test('the home and the projects are kept outside of the container', () => {
  expect(service('claudio')).toMatch(/- home:\/home\/node\n\s+- \$\{PROJECTS:\?.*\}:\/projects\n/u);
  expect(instructions).toContain('VOLUME ["/home/node", "/projects"]');
});

test('the image runs as a user, with a health check', () => {
  const at = (start: string) => instructions.findIndex((line) => line.startsWith(start));
  expect(at('USER node')).toBeGreaterThan(at('RUN apt-get'));
  expect(at('ENTRYPOINT ["claudio"]')).toBeGreaterThan(at('USER node'));
  expect(instructions.filter((line) => line.startsWith('USER'))).toEqual(['USER node']);
  expect(instructions.find((line) => line.startsWith('HEALTHCHECK'))).toMatch(
    /curl --fail-with-body .*127\.0\.0\.1:\$\{PORT:-8421\}\/health/u,
  );
});

test('Claude Code in the image is the version of package.json, and none that stands anywhere else', () => {
  const { devDependencies } = z
    .looseObject({ devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')));
  expect(devDependencies['@anthropic-ai/claude-code']).toMatch(/^\d+\.\d+\.\d+$/u);
  expect(instructions).toContain('ARG CLAUDE_CODE_VERSION=');
  expect(dockerfile).toContain("devDependencies['@anthropic-ai/claude-code']");
  expect(dockerfile).not.toMatch(/claude-code@\d/u);
  const [major] = (devDependencies['node'] ?? '').split('.');
  expect(instructions).toContain(`ARG NODE_VERSION=${major}`);
});

test('what the image is made of is there, and is not kept from it', () => {
  const sources = instructions
    .filter((line) => line.startsWith('COPY') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(sources.length).toBeGreaterThan(5);
  const allowed = read('Dockerfile.dockerignore').split('\n');
  for (const source of sources.map((one) => one.replace(/^\.\//u, ''))) {
    expect(existsSync(join(packageRoot(), source)), source).toBe(true);
    expect(allowed, source).toContain(`!${source}`);
  }
});
