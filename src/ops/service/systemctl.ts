import { setTimeout } from 'node:timers/promises';
import { ClaudioError } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import { describeRun, type RunOutcome } from '../../platform/process/run.ts';
import { refused } from './refused.ts';

/** A day and an hour: SHUTDOWN_GRACE may be a day, and systemd itself ends what takes longer than its unit says. */
const JOB_LIMIT_MS = 25 * 3_600_000;
const QUESTION_LIMIT_MS = 30_000;
const NO_BUS = /Failed to connect to .*bus|not been booted with systemd/u;
/** Lingering starts a user's systemd, and that takes a moment. */
const BUS_TRY_COUNT = 20;
const BUS_PAUSE_MS = 500;

/** The user's own systemd, asked through systemctl. */
export interface Systemctl {
  /** @throws ClaudioError `service.refused` */
  order(what: string, ...args: readonly string[]): Promise<void>;
  /** The properties of a unit, by name; `null` where systemd cannot be asked. */
  show(unit: string, ...names: readonly string[]): Promise<ReadonlyMap<string, string> | null>;
  /** Whatever it answers. */
  try(...args: readonly string[]): Promise<RunOutcome>;
  /** Waits until the user's systemd answers, for ten seconds at the most. */
  awaitBus(): Promise<void>;
}

export function createSystemctl(host: Host): Systemctl {
  const ask = (args: readonly string[], limitMs = QUESTION_LIMIT_MS): Promise<RunOutcome> =>
    host.run('systemctl', ['--user', '--no-pager', ...args], { limitMs });
  const show: Systemctl['show'] = async (unit, ...names) => {
    const outcome = await ask(['show', unit, ...names.map((name) => `--property=${name}`)]);
    if (outcome.kind !== 'exited' || outcome.code !== 0) return null;
    return new Map(
      outcome.stdout.split('\n').map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
  };
  return {
    try: (...args) => ask(args),
    show,
    order: async (what, ...args) => {
      const outcome = await ask(args, JOB_LIMIT_MS);
      if (outcome.kind === 'exited' && outcome.code === 0) return;
      throw hasNoBus(outcome) ? noBus(host, outcome) : refused(what, outcome, LOOK);
    },
    awaitBus: async () => {
      for (let count = 0; count < BUS_TRY_COUNT; count += 1) {
        const outcome = await ask(['show', 'default.target', '--property=ActiveState']);
        if (!hasNoBus(outcome)) return;
        await setTimeout(BUS_PAUSE_MS);
      }
    },
  };
}

const LOOK = '`systemctl --user status claudio` and `journalctl --user -u claudio` tell more.';

function hasNoBus(outcome: RunOutcome): boolean {
  return outcome.kind === 'exited' && outcome.code !== 0 && NO_BUS.test(outcome.stderr);
}

function noBus(host: Host, outcome: RunOutcome): ClaudioError {
  return new ClaudioError({
    code: 'service.refused',
    message: `No systemd runs for ${host.userName} here: ${describeRun(outcome)}.`,
    hint:
      `Run \`sudo loginctl enable-linger ${host.userName}\`, log in again (by ssh or at the screen, not by su) and try once more. ` +
      'Where there is no systemd at all, as in a container, let what watches over programs there run `claudio start`.',
  });
}
