import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import { writeUnit } from '../service/refused.ts';
import { createSystemctl } from '../service/systemctl.ts';
import { quoteArgument, quoteProgram, quoteWord } from '../service/systemd-quote.ts';
import { systemdFolder } from '../service/systemd.ts';
import type { Schedule, Scheduler } from './scheduler.ts';

const TIMES: Readonly<Record<Schedule['everyMinutes'], string>> = {
  5: '*:0/5',
  60: 'hourly',
};

/** Schedules as timers of the user's own systemd, each with the service that it starts. */
export function createTimers(host: Host): Scheduler {
  const systemctl = createSystemctl(host);
  const pathOf = (unit: string): string => join(systemdFolder(host), unit);

  return {
    kind: 'systemd-timer',
    install: async (schedule) =>
      await asSchedule(async () => {
        const { service, timer } = unitsOf(schedule.name);
        const wanted = [
          { path: pathOf(service), text: serviceText(schedule) },
          { path: pathOf(timer), text: timerText(schedule) },
        ];
        const isNew = !existsSync(pathOf(timer));
        const changed = wanted.filter(({ path, text }) => read(path) !== text);
        for (const { path, text } of changed) writeUnit(path, text);
        const shown = await systemctl.show(
          timer,
          'UnitFileState',
          'ActiveState',
          'NeedDaemonReload',
        );
        const isOn =
          shown?.get('UnitFileState') === 'enabled' && shown.get('ActiveState') === 'active';
        try {
          if (changed.length > 0 || shown?.get('NeedDaemonReload') !== 'no') {
            await systemctl.order('systemd did not read its units anew', 'daemon-reload');
          }
          if (!isOn)
            await systemctl.order('systemd did not start the timer', 'enable', '--now', timer);
        } catch (error) {
          // Else a later start of systemd might find units that nobody was told of.
          if (isNew) {
            await systemctl.try('disable', '--now', timer);
            for (const unit of [timer, service]) rmSync(pathOf(unit), { force: true });
            await systemctl.try('daemon-reload');
          }
          throw error;
        }
        if (isNew) return 'installed';
        return changed.length === 0 && isOn ? 'unchanged' : 'updated';
      }),

    uninstall: async (name) =>
      await asSchedule(async () => {
        const { service, timer } = unitsOf(name);
        if (!existsSync(pathOf(timer)) && !existsSync(pathOf(service))) return 'absent';
        if (existsSync(pathOf(timer))) {
          await systemctl.order('systemd did not stop the timer', 'disable', '--now', timer);
        }
        // The service last: while it is there, what was broken off can be gone on with.
        for (const unit of [timer, service]) rmSync(pathOf(unit), { force: true });
        await systemctl.order('systemd did not read its units anew', 'daemon-reload');
        // Of a run that had failed something would be left in memory. It may know none: then all is well.
        await systemctl.try('reset-failed', service);
        return 'removed';
      }),

    has: (name) => Promise.resolve(existsSync(pathOf(unitsOf(name).timer))),
  };
}

function unitsOf(name: Schedule['name']): { service: string; timer: string } {
  return { service: `claudio-${name}.service`, timer: `claudio-${name}.timer` };
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function serviceText({ name, argv, env }: Schedule): string {
  const [program = '', ...args] = argv;
  const command = [quoteProgram(program), ...args.map(quoteArgument)].join(' ');
  return [
    '[Unit]',
    `Description=Claudio: ${name}`,
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=${command}`,
    ...Object.entries(env).map(([key, value]) => `Environment=${quoteWord(`${key}=${value}`)}`),
    '',
  ].join('\n');
}

function timerText({ name, everyMinutes }: Schedule): string {
  return [
    '[Unit]',
    `Description=Claudio: ${name}, every ${everyMinutes} minutes`,
    '',
    '[Timer]',
    `OnCalendar=${TIMES[everyMinutes]}`,
    '# What was due while the machine was off is done when it is on again.',
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
    '',
  ].join('\n');
}

/** What systemd refuses here is a schedule. */
async function asSchedule<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ClaudioError)) throw error;
    const { message, hint } = error;
    throw new ClaudioError({ code: 'schedule.refused', message, hint, cause: error });
  }
}
