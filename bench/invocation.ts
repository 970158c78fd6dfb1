import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTANT_CLAUDE_PATH } from '../tests/environment.ts';
import type { Invocation } from './bare-claude.ts';
import { createPoster } from './poster.ts';
import { startService } from './service.ts';

/** The files behind them are gone when the turn is over, so they are copied, under these names. */
const FILES = [
  ['--append-system-prompt-file=', 'system-prompt'],
  ['--settings=', 'settings.json'],
] as const;

/** Claudio's own tools and the folder of the turn: there are none without it. */
const OWN_TO_A_TURN = ['--mcp-config=', '--permission-prompt-tool=', '--add-dir='];

/**
 * Learns what the service runs for one message in a new chat, from a run: arguments, environment and
 * prompt to the last byte, and the files that they name; without what only a turn has.
 *
 * @param file The program to put in the place of the one that recorded.
 * @param folder Where the record is kept.
 * @param environment Set over what was recorded.
 */
export async function recordInvocation(
  file: string,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Invocation> {
  const path = (name: string): string => join(folder, name);
  writeFileSync(
    path('claude'),
    `#!/bin/sh
if [ "$1" = -p ]; then
  printf '%s\\0' "$@" > ${path('args')}
  cat /proc/$$/environ > ${path('environment')}
  cat > ${path('prompt')}
  for word in "$@"; do
    case "$word" in
${FILES.map(([flag, name]) => `      ${flag}*) cp "\${word#*=}" ${path(name)} ;;`).join('\n')}
    esac
  done
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
    args: readWords(path('args'))
      .filter((word) => !OWN_TO_A_TURN.some((flag) => word.startsWith(flag)))
      .map((word) => {
        const copied = FILES.find(([flag]) => word.startsWith(flag));
        return copied === undefined ? word : `${copied[0]}${path(copied[1])}`;
      }),
    environment: { ...Object.fromEntries(recorded), ...environment },
    cwd: folder,
    prompt: readFileSync(path('prompt'), 'utf8'),
  };
}

function readWords(file: string): string[] {
  return readFileSync(file, 'utf8').split('\0').slice(0, -1);
}
