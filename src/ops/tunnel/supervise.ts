import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/error.ts';
import type { Logger } from '../../platform/log.ts';
import type { CloudflaredProcess } from './process.ts';
import type { Probed } from './probe.ts';
import { isPortTaken, troubleOf, type Trouble } from './reasons.ts';
import type { Tunnel, TunnelState } from './tunnel.ts';

/** How long what may take. */
export interface TunnelTimes {
  /** Between two looks at one that is not connected. */
  readonly eagerPollMs: number;
  /** Between two looks at one that is. */
  readonly calmPollMs: number;
  /** A start may take this long until the tunnel counts as down. */
  readonly startLimitMs: number;
  /** After so long without a connection cloudflared is started anew. */
  readonly restartAfterMs: number;
  /** After so long with a connection the next failure counts as the first. */
  readonly steadyAfterMs: number;
  /** How long to wait before the next start. @param failureCount Failures in a row, from 1. */
  readonly pauseMs: (failureCount: number) => number;
}

/** One running cloudflared and the way to ask it. */
export interface TunnelRun {
  readonly process: CloudflaredProcess;
  probe(signal: AbortSignal): Promise<Probed>;
  /** The public address, or `null` while it is not known. */
  publicUrl(signal: AbortSignal): Promise<string | null>;
}

/** What came of a start. */
export type Launched = { readonly kind: 'running'; readonly run: TunnelRun } | Impossible;
interface Impossible {
  readonly kind: 'impossible';
  readonly trouble: Trouble;
}

/** How a run ended. */
interface RunEnd {
  readonly trouble: Trouble;
  readonly wasSteady: boolean;
  readonly isPortTaken: boolean;
}

/** A port can be taken between the choice and its use; more often than this it is something else. */
const MAX_PORT_TRIES = 5;
const UNCONNECTED: Trouble = {
  reason: 'cloudflared has no connection to Cloudflare',
  remedy: 'See that this machine is online; Claudio goes on trying.',
};
const NOT_STARTED_REMEDY =
  'See that the home folder is writable for you and the disk is not full; Claudio goes on trying.';

/**
 * Keeps a cloudflared running: starts it at once, looks after it, and starts it anew, after longer and
 * longer pauses, whenever it has ended or has had no connection for long. Never throws.
 */
export function superviseTunnel(parts: {
  readonly kind: Tunnel['kind'];
  /** Clears up behind earlier runs and starts cloudflared. */
  readonly launch: () => Promise<Launched>;
  readonly logFile: string;
  readonly times: TunnelTimes;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when nothing runs any more. */
  readonly onClosed?: () => void;
}): Tunnel {
  const { kind, times, clock, log, logFile } = parts;
  const closing = new AbortController();
  const watchers = new Set<() => void>();
  let state: TunnelState = { kind: 'starting', sinceMs: clock.now() };

  const rise = (publicUrl: string, connectionCount: number): void => {
    const isNews = state.kind !== 'ready' || state.publicUrl !== publicUrl;
    const sinceMs = isNews ? clock.now() : state.sinceMs;
    state = { kind: 'ready', sinceMs, publicUrl, connectionCount };
    if (isNews) tell({ publicUrl, connectionCount });
  };
  const fall = ({ reason, remedy }: Trouble): void => {
    const isNews = state.kind !== 'down';
    state = { kind: 'down', sinceMs: isNews ? clock.now() : state.sinceMs, reason, remedy };
    if (isNews) tell({ reason });
  };
  const tell = (fields: object): void => {
    if (state.kind === 'down') log.warn({ kind, ...fields }, 'tunnel.down');
    else log.info({ kind, ...fields }, 'tunnel.ready');
    for (const onChange of watchers) {
      try {
        onChange();
      } catch (error) {
        log.error({ err: error }, 'tunnel.watcher-failed');
      }
    }
  };

  /** Looks after one run until it has ended, is hopeless, or the tunnel is closed. */
  const attend = async (run: TunnelRun): Promise<RunEnd> => {
    const over = new AbortController();
    const ended = run.process.ended.finally(() => over.abort());
    const signal = AbortSignal.any([closing.signal, over.signal]);
    const startedAtMs = clock.elapsed();
    let connectedSinceMs: number | null = null;
    let lastConnectedAtMs = startedAtMs;
    let wasSteady = false;
    const trouble = () => {
      const said = run.process.said();
      return said === null ? UNCONNECTED : troubleOf(said, kind, logFile);
    };
    let missedCount = 0;
    while (!signal.aborted) {
      const probed = await run.probe(signal);
      const publicUrl = probed.kind === 'connected' ? await run.publicUrl(signal) : null;
      if (signal.aborted) break;
      const nowMs = clock.elapsed();
      missedCount = probed.kind === 'silent' ? missedCount + 1 : 0;
      if (probed.kind === 'connected' && publicUrl !== null) {
        connectedSinceMs ??= nowMs;
        lastConnectedAtMs = nowMs;
        wasSteady ||= nowMs - connectedSinceMs >= times.steadyAfterMs;
        run.process.forget();
        rise(publicUrl, probed.connectionCount);
      } else if (probed.kind !== 'silent' || missedCount > 1 || connectedSinceMs === null) {
        // One question without an answer may be a machine that is busy.
        connectedSinceMs = null;
        if (state.kind !== 'starting' || nowMs - startedAtMs >= times.startLimitMs) fall(trouble());
      }
      if (nowMs - lastConnectedAtMs >= times.restartAfterMs) {
        return { trouble: trouble(), wasSteady, isPortTaken: false };
      }
      const isCalm = state.kind === 'ready' && missedCount === 0;
      await pause(isCalm ? times.calmPollMs : times.eagerPollMs, signal);
    }
    if (closing.signal.aborted) return { trouble: UNCONNECTED, wasSteady, isPortTaken: false };
    const end = await ended;
    const said = run.process.said();
    if (said !== null) return { trouble: trouble(), wasSteady, isPortTaken: isPortTaken(said) };
    const how =
      end.kind === 'exited'
        ? `ended with exit code ${end.code}`
        : end.kind === 'signalled'
          ? `was ended by ${end.signal}`
          : `could not be started: ${end.message}`;
    return {
      trouble: troubleOf(`cloudflared ${how}`, kind, logFile),
      wasSteady,
      isPortTaken: false,
    };
  };

  const runOnce = async (): Promise<RunEnd> => {
    const launched = await parts.launch();
    if (launched.kind === 'impossible') {
      return { trouble: launched.trouble, wasSteady: false, isPortTaken: false };
    }
    try {
      return await attend(launched.run);
    } finally {
      await launched.run.process.stop();
    }
  };

  const keepRunning = async (): Promise<void> => {
    let failureCount = 0;
    let portTryCount = 0;
    while (!closing.signal.aborted) {
      const end = await runOnce().catch((error: unknown): RunEnd => {
        const trouble = { reason: messageOf(error), remedy: NOT_STARTED_REMEDY };
        return { trouble, wasSteady: false, isPortTaken: false };
      });
      if (closing.signal.aborted) return;
      portTryCount = end.isPortTaken ? portTryCount + 1 : 0;
      if (end.isPortTaken && portTryCount < MAX_PORT_TRIES) continue;
      failureCount = end.wasSteady ? 1 : failureCount + 1;
      const pauseMs = times.pauseMs(failureCount);
      log.warn({ kind, failureCount, pauseMs, reason: end.trouble.reason }, 'tunnel.ended');
      fall(end.trouble);
      await pause(pauseMs, closing.signal);
    }
  };
  const running = keepRunning().finally(() => parts.onClosed?.());

  return {
    kind,
    state: () => state,
    watch: (onChange) => {
      const watcher = (): void => onChange();
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
