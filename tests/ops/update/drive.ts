// Runs an update in a process of its own, which ends by SIGKILL right before the given one of its steps:
// each change of a name or a file, and each program that it starts. Prints what it came to as JSON.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import type { ServicePlace } from './service.ts';

export interface Drive {
  readonly place: ServicePlace;
  readonly path: string;
  readonly userHome: string;
  /** From 1; 0: it is not killed. */
  readonly killAt: number;
  readonly wellWithinMs: number;
}

const { place, path, userHome, killAt, wellWithinMs } = JSON.parse(process.argv[2] ?? '') as Drive;
let stepCount = 0;
const counted =
  <Args extends unknown[], Result>(work: (...args: Args) => Result) =>
  (...args: Args): Result => {
    stepCount += 1;
    if (stepCount === killAt) process.kill(process.pid, 'SIGKILL');
    return work(...args);
  };
Object.assign(fs, {
  renameSync: counted(fs.renameSync),
  rmSync: counted(fs.rmSync),
  copyFileSync: counted(fs.copyFileSync),
  writeFileSync: counted(fs.writeFileSync),
});
Object.assign(childProcess, { spawn: counted(childProcess.spawn) });
syncBuiltinESMExports();

const { mendInstallation } = await import('../../../src/ops/update/mend.ts');
const { update } = await import('../../../src/ops/update/update.ts');
const { createHost } = await import('../../../src/platform/host.ts');
const { createHttpClient } = await import('../../../src/platform/http-client.ts');
const { plainService, unitOf } = await import('./service.ts');

mendInstallation(place.root);
const { version } = JSON.parse(fs.readFileSync(join(place.root, 'package.json'), 'utf8')) as {
  version: string;
};
const told: string[] = [];
const outcome = await update({
  host: createHost({ HOME: userHome, PATH: path }),
  http: createHttpClient(),
  service: plainService(place),
  unit: () => unitOf(place),
  root: place.root,
  home: place.home,
  port: place.port,
  isConfigured: true,
  nodePath: process.execPath,
  version,
  signal: new AbortController().signal,
  tell: (text) => told.push(text),
  warn: (text) => told.push(text),
  wellWithinMs,
});
process.stdout.write(JSON.stringify({ outcome, told, stepCount }));
process.exit(0);
