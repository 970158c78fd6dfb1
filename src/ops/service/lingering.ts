import type { Host } from '../../platform/host.ts';
import { describeRun, type RunOutcome } from '../../platform/process/run.ts';

/**
 * Lingering: whether systemd runs a user's services while that user is not logged in.
 * https://www.freedesktop.org/software/systemd/man/loginctl.html
 */
export interface Lingering {
  /** `null` where it cannot be told. */
  isOn(): Promise<boolean | null>;
  turn(
    to: 'on' | 'off',
  ): Promise<{ readonly kind: 'done' } | { readonly kind: 'refused'; readonly reason: string }>;
}

export function createLingering(host: Host): Lingering {
  const ask = (...args: readonly string[]): Promise<RunOutcome> =>
    // Without this it would ask for a password in the terminal, in the middle of everything else.
    host.run('loginctl', ['--no-ask-password', ...args, host.userName]);
  return {
    isOn: async () => {
      const outcome = await ask('show-user', '--property=Linger');
      if (outcome.kind !== 'exited') return null;
      if (outcome.code === 0) return outcome.stdout.trim() === 'Linger=yes';
      return /not logged in or lingering/u.test(outcome.stderr) ? false : null;
    },
    turn: async (to) => {
      const outcome = await ask(to === 'on' ? 'enable-linger' : 'disable-linger');
      return outcome.kind === 'exited' && outcome.code === 0
        ? { kind: 'done' }
        : { kind: 'refused', reason: describeRun(outcome) };
    },
  };
}
