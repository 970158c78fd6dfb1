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
// Node reads the nearest package.json for each file that it loads, and that of drizzle-orm lists all its
// exports in 180 kB: most of the time and a fifth of the memory that a start would take. A neighbour of
// a module in the same package is a module too, and a package is to be found once.
const modules = new Set<string>();
const drizzle = new Map<string, module.ResolveFnOutput>();
module.registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL } = context;
    if (/^\..*\.js$/.test(specifier) && parentURL !== undefined && modules.has(parentURL)) {
      const { href: url } = new URL(specifier, parentURL);
      modules.add(url);
      return { url, format: 'module', shortCircuit: true };
    }
    const known = drizzle.get(specifier);
    if (known !== undefined) return known;
    const found = nextResolve(specifier, context);
    if (found.format === 'module') {
      modules.add(found.url);
      if (specifier.startsWith('drizzle-orm'))
        drizzle.set(specifier, { ...found, shortCircuit: true });
    }
    return found;
  },
});
const { runProgram } = await import('./cli/program.ts');
process.exit(await runProgram(process.argv.slice(2)));
