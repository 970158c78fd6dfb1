import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../core/json.ts';
import { packageRoot } from '../platform/package.ts';
import type { Environment } from '../platform/process/environment.ts';
import { start, type Child, type ProcessEnd } from '../platform/process/spawn.ts';

/** How the service is: a process of its own, which comes back by itself when it died. */
export interface ServiceState {
  readonly state: 'starting' | 'running' | 'down';
  readonly pid: number | null;
  readonly url: string;
  /** How often it was started. */
  readonly startCount: number;
  /** How it ended last and when it is started again, in a sentence or two; `null` where it never ended. */
  readonly lastEnd: string | null;
}

/** A line of the service's log. */
export interface LogLine {
  readonly atMs: number;
  /** `info`, `warn`, `error`. */
  readonly level: string;
  /** Dotted: `turn.claimed`. */
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The service as a process of its own, which is started again when it ends. */
export interface ServiceProcess {
  state(): ServiceState;
  /** The last lines of its log, over all starts, oldest first. */
  log(): readonly LogLine[];
  /**
   * Resolves when it has taken its place for the first time: it listens, and its webhook is registered.
   * Rejects with an error that says why, when it ends before that.
   */
  readonly ready: Promise<void>;
  /** `kill -9`. */
  kill(): void;
  /** Starts it no more. What runs goes on, and is the caller's to stop. */
  leave(): void;
}

/** As long as people take to see that it is gone; a service manager waits about as long. */
const RESTART_MS = 1000;
/** Where it keeps dying at the start, each pause is twice as long as the one before. */
const MAX_RESTART_MS = 30_000;
const KEPT_LINE_COUNT = 200;
/** Either of them ends the start. */
const REGISTERED = new Set(['webhook.registered', 'webhook.unchanged']);

/** Kept open until this process is gone, which ends the service: see `lifeline.ts`. */
const asLongAsThisProcess = new Promise<string>(() => undefined);

const lineSchema = z.looseObject({ level: z.string(), time: z.iso.datetime(), event: z.string() });

/**
 * Runs the built service. It has a pipe from this process as its standard input, for as long as both live.
 *
 * @param options.environment All of its environment.
 * @param options.cwd Absolute.
 * @param options.changed Told of every change of its state, and of each line of its log.
 * @param options.onStarted Told when it has its database and listens, at every start.
 */
export function runServiceProcess(options: {
  readonly environment: Environment;
  readonly cwd: string;
  readonly url: string;
  readonly changed: () => void;
  readonly onStarted: () => void;
}): ServiceProcess {
  const { changed } = options;
  const ready = Promise.withResolvers<void>();
  const lines: LogLine[] = [];
  let child: Child | null = null;
  let state: ServiceState['state'] = 'down';
  let startCount = 0;
  let failureCount = 0;
  let lastEnd: string | null = null;
  let waitMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let isLeft = false;

  const take = (line: LogLine, from: Child): void => {
    lines.push(line);
    if (lines.length > KEPT_LINE_COUNT) lines.shift();
    if (line.event === 'service.started' && from === child) {
      state = 'running';
      failureCount = 0;
      options.onStarted();
    }
    if (REGISTERED.has(line.event)) ready.resolve();
    changed();
  };

  const read = async (from: Child): Promise<void> => {
    for await (const line of from.lines) {
      const found = line.kind === 'line' ? readLine(line.text) : null;
      if (found !== null) take(found, from);
    }
  };

  const watch = async (from: Child): Promise<void> => {
    const end = await from.ended;
    await from.stderrEnded;
    const words = endOf(end, from.stderrTail());
    child = null;
    state = 'down';
    if (!isLeft) {
      waitMs = Math.min(RESTART_MS * 2 ** Math.max(0, failureCount - 1), MAX_RESTART_MS);
      lastEnd = words;
      timer = setTimeout(begin, waitMs);
    }
    ready.reject(new Error(words));
    changed();
  };

  const begin = (): void => {
    state = 'starting';
    startCount += 1;
    // Until it has started, it counts as one more that did not.
    failureCount += 1;
    child = start({
      file: process.execPath,
      args: [join(packageRoot(), 'dist/src/bin.js'), 'start'],
      cwd: options.cwd,
      env: options.environment,
      stdin: asLongAsThisProcess,
    });
    void read(child);
    void watch(child);
    changed();
  };

  const tellOfEnd = (): string | null => {
    if (lastEnd === null) return null;
    return state === 'running'
      ? `Before that: ${lastEnd}`
      : `${lastEnd} It is started again after ${waitMs / 1000} s.`;
  };

  // Whoever wants to know waits for it; an end after the start is no news there.
  ready.promise.catch(() => undefined);
  begin();
  return {
    state: () => ({
      state,
      pid: child?.pid ?? null,
      url: options.url,
      startCount,
      lastEnd: tellOfEnd(),
    }),
    log: () => lines,
    ready: ready.promise,
    kill: () => child?.signal('SIGKILL'),
    leave: () => {
      isLeft = true;
      clearTimeout(timer);
    },
  };
}

function readLine(text: string): LogLine | null {
  const { success, data } = lineSchema.safeParse(parseJson(text));
  if (!success) return null;
  const { level, time, event, ...fields } = data;
  return { atMs: Date.parse(time), level, event, fields };
}

function endOf(end: ProcessEnd, stderr: string): string {
  const said = reasonIn(stderr);
  switch (end.kind) {
    case 'exited':
      return `The service ended with exit code ${end.code}.${said}`;
    case 'signalled':
      return `The service was ended by ${end.signal}.${said}`;
    case 'spawn-failed':
      return `The service could not be started: ${end.message}.`;
  }
}

/** What was thrown, or the last two lines of what was said; empty where there is nothing. */
function reasonIn(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const thrown = lines.findLast((line) => /^[\w.]*Error\b.*: /u.test(line));
  const words = thrown ?? lines.slice(-2).join(' ');
  return words === '' ? '' : ` ${words}`;
}
