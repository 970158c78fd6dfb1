import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTANT_CLAUDE_PATH } from '../tests/environment.ts';
import type { Invocation } from './bare-claude.ts';
import { temporaryFolder } from './folder.ts';
import { createPoster } from './poster.ts';
import { startService } from './service.ts';

/**
 * Learns what the service runs for one message in a new chat, from a run: arguments, environment and
 * prompt to the last byte.
 *
 * @param file The program to put in the place of the one that recorded.
 * @param environment Set over what was recorded.
 */
export async function recordInvocation(
  file: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Invocation> {
  using folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  writeFileSync(
    path('claude'),
    `#!/bin/sh
if [ "$1" = -p ]; then
  printf '%s\\0' "$@" > ${path('args')}
  cat /proc/self/environ > ${path('environment')}
  cat > ${path('prompt')}
fi
exec ${INSTANT_CLAUDE_PATH} "$@" < /dev/null
`,
    { mode: 0o755 },
  );
  await using service = await startService({ claude: path('claude') });
  await using poster = createPoster(service.origin, 1);
  const sent = service.api.sent(1);
  await poster.post(service.api.updates.text('why is the build red?'));
  await sent;
  const recorded = readWords(path('environment')).map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return {
    file,
    args: readWords(path('args')),
    environment: { ...Object.fromEntries(recorded), ...environment },
    cwd: '/',
    prompt: readFileSync(path('prompt'), 'utf8'),
  };
}

function readWords(file: string): string[] {
  return readFileSync(file, 'utf8').split('\0').slice(0, -1);
}
