import { delimiter } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import type { Schedule } from './scheduler.ts';

/** Below what the cron of Debian and of macOS takes for a command: 1000 bytes with their end. */
const MAX_COMMAND_BYTES = 990;
const TIMES: Readonly<Record<Schedule['everyMinutes'], string>> = {
  5: '*/5 * * * *',
  60: '0 * * * *',
};

/**
 * The line of a schedule. Everything in it is absolute or set, since cron gives next to nothing, and it
 * says nothing, since cron would send that by mail. Where the line would be too long for cron, its PATH
 * is shortened from the end.
 *
 * @throws ClaudioError `schedule.refused` where it cannot be written as a line of a crontab.
 * Source: crontab(5).
 */
export function cronLine(schedule: Schedule): string {
  const words = [...Object.values(schedule.env), ...schedule.argv];
  if (words.some((word) => /[\n\r\0]/u.test(word))) {
    throw refused('has a line break in it', 'Give it a name without one.');
  }
  let { env } = schedule;
  let command = commandOf(schedule, env);
  while (Buffer.byteLength(command) > MAX_COMMAND_BYTES) {
    const path = env['PATH']?.split(delimiter) ?? [];
    if (path.length < 2) {
      throw refused(
        'is too long for cron',
        'Give the home, or the folder of Claudio, a shorter path.',
      );
    }
    env = { ...env, PATH: path.slice(0, -1).join(delimiter) };
    command = commandOf(schedule, env);
  }
  return `${TIMES[schedule.everyMinutes]} ${command}`;
}

/** The line of this name in a crontab that is no comment, without its line break; `null` where there is none. */
export function lineOf(crontab: string, name: Schedule['name']): string | null {
  const isOurs = (line: string): boolean => line.endsWith(` ${mark(name)}`) && !/^\s*#/u.test(line);
  return crontab.split('\n').find(isOurs) ?? null;
}

function mark(name: Schedule['name']): string {
  return `# claudio:${name}`;
}

function commandOf({ name, argv }: Schedule, env: Schedule['env']): string {
  const variables = Object.entries(env).map(([key, value]) => `${key}=${quote(value)}`);
  return [...variables, ...argv.map(quote), '>/dev/null 2>&1', mark(name)].join(' ');
}

/**
 * A word for the shell, and before that for cron, to which `%` is a line break: outside of the quotes,
 * the backslash before it is right for a cron that takes it away and for one that does not.
 */
function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`).replaceAll('%', String.raw`'\%'`)}'`;
}

function refused(what: string, hint: string): ClaudioError {
  return new ClaudioError({
    code: 'schedule.refused',
    message: `A path that is to go into the crontab ${what}.`,
    hint,
  });
}
