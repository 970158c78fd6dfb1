import { ClaudioError } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import { describeRun, type RunOutcome } from '../../platform/process/run.ts';
import { cronLine, lineOf } from './cron-line.ts';
import type { Scheduler } from './scheduler.ts';

const NO_CRONTAB = /no crontab for|can't open .*: No such file/iu;
/** What bytes become that are no UTF-8. */
const REPLACED = '\ufffd';

/** Schedules as lines of the user's crontab, each with a mark at its end. All other lines stay as they are. */
export function createCron(host: Host): Scheduler {
  const ask = (argument: '-l' | '-' | '-r', stdin = ''): Promise<RunOutcome> =>
    host.run('crontab', [argument], { stdin });

  const read = async (): Promise<string> => {
    const outcome = await ask('-l');
    if (outcome.kind === 'exited' && outcome.code === 0) {
      if (outcome.stdout.includes(REPLACED)) throw notUtf8();
      return outcome.stdout === '' ? '' : `${outcome.stdout}\n`;
    }
    if (outcome.kind === 'exited' && NO_CRONTAB.test(outcome.stderr)) return '';
    throw refused('The crontab cannot be read', outcome);
  };
  const write = async (text: string): Promise<void> => {
    // Without a line left there is to be no crontab, as there was none before.
    const outcome = await (text === '' ? ask('-r') : ask('-', text));
    if (outcome.kind === 'exited' && outcome.code === 0) return;
    throw refused('The crontab cannot be changed', outcome);
  };

  return {
    kind: 'cron',
    install: async (schedule) => {
      const before = await read();
      const line = cronLine(schedule);
      const standing = lineOf(before, schedule.name);
      if (standing === line) return 'unchanged';
      const lines = before.split('\n').map((one) => (one === standing ? line : one));
      await write(standing === null ? `${before}${line}\n` : lines.join('\n'));
      return standing === null ? 'installed' : 'updated';
    },
    uninstall: async (name) => {
      const before = await read();
      const standing = lineOf(before, name);
      if (standing === null) return 'absent';
      const others = before.split('\n').filter((line) => line !== standing);
      await write(others.join('\n'));
      return 'removed';
    },
    has: async (name) => lineOf(await read(), name) !== null,
  };
}

function refused(what: string, outcome: RunOutcome): ClaudioError {
  return new ClaudioError({
    code: 'schedule.refused',
    message: `${what}: ${describeRun(outcome)}.`,
    hint: '`crontab -l` should work for you first: /etc/cron.allow and /etc/cron.deny say who may use it.',
  });
}

function notUtf8(): ClaudioError {
  return new ClaudioError({
    code: 'schedule.refused',
    message: 'The crontab has letters in another encoding than UTF-8, which a change would spoil.',
    hint: 'Write it anew in UTF-8 (`crontab -e`), and try again.',
  });
}
