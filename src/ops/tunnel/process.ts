import { createHash } from 'node:crypto';
import { messageOf } from '../../core/error.ts';
import { newId } from '../../platform/clock.ts';
import type { Environment } from '../../platform/configuration/load.ts';
import type { Logger } from '../../platform/log.ts';
import type { ProcessEntry } from '../../platform/process/entry.ts';
import { childEnvironment } from '../../platform/process/environment.ts';
import { start, type Child, type ProcessEnd } from '../../platform/process/spawn.ts';
import { createProcessTable } from '../../platform/process/table.ts';
import { createTree, type StopTimes } from '../../platform/process/tree.ts';
import { within } from '../../platform/process/within.ts';
import type { RotatingFile } from '../../platform/rotating-file.ts';
import { createLastFault } from './last-fault.ts';

/** The variable that marks a cloudflared of ours. */
const MARKER_VARIABLE = 'CLAUDIO_TUNNEL';

/**
 * All that passes of the service's environment. cloudflared takes most of its flags from variables too,
 * and those have the names of our own settings: with TUNNEL_NAME set it makes a tunnel of that name.
 *
 * Source: https://github.com/cloudflare/cloudflared/blob/master/cmd/cloudflared/tunnel/cmd.go
 */
const ALLOWED = ['PATH', 'LANG', 'LC_*', 'TZ', 'TMPDIR', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/** cloudflared ends as soon as its requests have, at the latest after its grace period. */
export const GRACE_SECONDS = 5;
const STOP_TIMES: StopTimes = { graceMs: (GRACE_SECONDS + 1) * 1000, limitMs: 12_000 };
/** For the last words of one that was stopped; one that could not be stopped has none. */
const LAST_WORDS_MS = 1000;

/** A cloudflared that was started. */
export interface CloudflaredProcess {
  /** Resolves when the process itself is gone and its last words are read, or it was never there. */
  readonly ended: Promise<ProcessEnd>;
  /** What it complained of last, or `null`. */
  said(): string | null;
  /** Forgets what it complained of. */
  forget(): void;
  /** Stops it and all that it started: TERM, a grace, KILL. Never throws; may be called again. */
  stop(): Promise<void>;
}

/** Starts cloudflared; what it says goes to `output`. Never throws. */
export async function startCloudflared(options: {
  /** Absolute path of the program. */
  readonly path: string;
  readonly args: readonly string[];
  readonly home: string;
  readonly userHome: string;
  readonly environment: Environment;
  readonly output: RotatingFile;
  readonly log: Logger;
}): Promise<CloudflaredProcess> {
  const { path, args, home, output, log } = options;
  const marker = `${markOf(home)}-${newId()}`;
  const env = childEnvironment(options.environment, ALLOWED, {
    HOME: options.userHome,
    [MARKER_VARIABLE]: marker,
  });
  const fault = createLastFault();
  const hear = (text: string): void => {
    output.write(text);
    fault.take(text);
  };
  const decoder = new TextDecoder();
  const child = start({ file: path, args, cwd: '/', env, stdin: '' }, undefined, (chunk) =>
    hear(decoder.decode(chunk, { stream: true })),
  );
  const read = readOut(child, (line) => output.write(`${line}\n`));
  const root = await rootOf(child, log);
  const tree = createTree(
    { root, variable: MARKER_VARIABLE, isOurs: (value) => value === marker },
    STOP_TIMES,
  );
  return {
    ended: child.ended.then(async (end) => {
      await child.stderrEnded;
      return end;
    }),
    said: () => fault.said(),
    forget: () => fault.forget(),
    stop: async () => {
      try {
        const report = await tree.stop();
        if (report.leftCount > 0) log.warn({ ...report, pid: child.pid }, 'tunnel.left-alive');
      } catch (error) {
        log.warn({ pid: child.pid, error: messageOf(error) }, 'tunnel.tree-unknown');
        child.signal('SIGKILL');
      }
      await within(LAST_WORDS_MS, child.stderrEnded);
      child.stopReading();
      await read;
    },
  };
}

/**
 * Stops a cloudflared of this home that an earlier, dead service left behind. No other one may be
 * running for the same home.
 *
 * @returns How many processes were stopped. @throws what the process table throws.
 */
export async function stopLeftovers(home: string, log: Logger): Promise<number> {
  const tree = createTree(
    {
      root: null,
      variable: MARKER_VARIABLE,
      isOurs: (value) => value.startsWith(`${markOf(home)}-`),
    },
    STOP_TIMES,
  );
  const report = await tree.stop();
  if (report.leftCount > 0) log.warn(report, 'tunnel.left-alive');
  return report.stoppedCount;
}

/** Stands for a home in a marker: ps shows no end of a value with spaces in it. */
function markOf(home: string): string {
  return createHash('sha256').update(home).digest('hex').slice(0, 16);
}

async function rootOf(child: Child, log: Logger): Promise<ProcessEntry | null> {
  try {
    return child.pid === null ? null : await createProcessTable().find(child.pid);
  } catch (error) {
    log.warn({ pid: child.pid, error: messageOf(error) }, 'tunnel.tree-unknown');
    return null;
  }
}

/** A full pipe would hold cloudflared up. */
async function readOut(child: Child, onLine: (line: string) => void): Promise<void> {
  for await (const line of child.lines) if (line.kind === 'line') onLine(line.text);
}
