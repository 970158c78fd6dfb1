#!/usr/bin/env node
import * as module from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `Claudio needs Node 22.19 or newer, and this is Node ${process.versions.node}.\n` +
      'In the folder of Claudio, `npx claudio` runs it with the Node that came with it.\n',
  );
  process.exit(1);
}

module.enableCompileCache();
// Before anything else is loaded: an update that was cut off may have left the rest half exchanged.
const { mendInstallation } = await import('./ops/update/mend.ts');
try {
  if (mendInstallation(import.meta.dirname) === 'under-way') {
    process.stderr.write('Claudio is just being updated.\nTry again in a minute.\n');
    process.exit(75);
  }
} catch (error) {
  process.stderr.write(
    `An update was cut off, and its files cannot be brought in: ${error instanceof Error ? error.message : String(error)}.\n` +
      'See that the disk has room and that the folder of Claudio is writable for you, and try again.\n',
  );
  process.exit(75);
}
const { shortenModuleLookups } = await import('./platform/modules.ts');
shortenModuleLookups();
const { runProgram } = await import('./cli/program.ts');
const outcome = await runProgram(process.argv.slice(2));
if (outcome === 'restart') {
  // In its place and under its number, so that whoever watches over it sees one process.
  process.execve?.(process.execPath, [
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ]);
}
process.exit(outcome === 'restart' ? 1 : outcome);
