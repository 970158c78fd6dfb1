import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lookAround } from '../../../src/ops/status/status.ts';
import { siteRig } from './rig.ts';

test('with Telegram, Claude Code and the service hanging, all of it takes no more than five seconds', async () => {
  const rig = await siteRig();
  const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
  onTestFinished(() => {
    hanging.closeAllConnections();
    hanging.close();
  });
  await once(hanging, 'listening');
  const claude = join(rig.userHome, 'claude');
  writeFileSync(claude, '#!/bin/sh\nexec sleep 30\n');
  chmodSync(claude, 0o755);
  rig.environment['CLAUDE_BIN'] = claude;
  rig.environment['PORT'] = String((hanging.address() as AddressInfo).port);
  rig.environment['TELEGRAM_API_ROOT'] = `http://127.0.0.1:${rig.environment['PORT']}`;
  const startedAtMs = performance.now();
  const status = await lookAround(rig.site());
  expect(performance.now() - startedAtMs).toBeLessThan(5500);
  expect(status.verdict).toBe('not-running');
  const text = (name: string) => status.findings.find((one) => one.name === name)?.text;
  expect(text('service')).toMatch(/^does not answer \(no answer within 1500 ms\)/u);
  expect(text('webhook')).toMatch(/^Telegram cannot be reached: no answer/u);
  expect(text('claude')).toBe('it did not answer within 3.3 s');
});
