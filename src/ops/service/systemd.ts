import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import type { Finding } from '../../core/finding.ts';
import type { Host } from '../../platform/host.ts';
import { createLingering } from './lingering.ts';
import { otherHome, writeUnit } from './refused.ts';
import type { ServiceManager } from './service-manager.ts';
import { createSystemctl } from './systemctl.ts';
import {
  homeOfUnit,
  lingeringOfUnit,
  pathOfUnit,
  systemdUnit,
  type LingeringMark,
} from './systemd-unit.ts';

const UNIT = 'claudio.service';

/** The folder of a user's own units. */
export function systemdFolder(host: Host): string {
  return join(host.userHome, '.config/systemd/user');
}

/** The service as a unit of the user's own systemd. */
export function createSystemd(host: Host): ServiceManager {
  const folder = systemdFolder(host);
  const unitPath = join(folder, UNIT);
  const systemctl = createSystemctl(host);
  const lingering = createLingering(host);
  const read = (): string | null => (existsSync(unitPath) ? readFileSync(unitPath, 'utf8') : null);

  /** Whether lingering is on, and whether by us; what stands in the way as a finding. */
  const linger = async (
    mark: LingeringMark,
  ): Promise<{ mark: LingeringMark; findings: readonly Finding[] }> => {
    const isOn = await lingering.isOn();
    if (isOn === true) return { mark, findings: [] };
    const turned = await lingering.turn('on');
    if (turned.kind === 'refused') return { mark, findings: [cannotLinger(host, turned.reason)] };
    await systemctl.awaitBus();
    return { mark: 'turned-on-by-claudio', findings: [] };
  };

  return {
    name: 'systemd',
    unitPath,

    state: async () => {
      const text = read();
      const [shown, isLingering] = await Promise.all([
        systemctl.show(UNIT, 'ActiveState', 'UnitFileState'),
        lingering.isOn(),
      ]);
      const active = shown?.get('ActiveState') ?? 'unknown';
      return {
        isInstalled: text !== null,
        claudioHome: text === null ? null : homeOfUnit(text, host.userHome),
        path: text === null ? null : pathOfUnit(text),
        // One that waits for its next try is not at rest either.
        isRunning: !['inactive', 'failed', 'unknown'].includes(active),
        isStopping: active === 'deactivating',
        wasStopped: active === 'inactive',
        isEnabled: shown?.get('UnitFileState') === 'enabled',
        survivesLogout: isLingering,
      };
    },

    install: async (unit) => {
      const before = read();
      const standing = before === null ? null : homeOfUnit(before, host.userHome);
      if (standing !== null && resolve(standing) !== resolve(unit.claudioHome)) {
        throw otherHome(unitPath, standing);
      }
      const { mark, findings } = await linger(
        before === null ? 'as-it-was' : lingeringOfUnit(before),
      );
      const text = systemdUnit(unit, mark);
      if (text !== before) writeUnit(unitPath, text);
      const shown = await systemctl.show(UNIT, 'UnitFileState', 'NeedDaemonReload');
      if (text !== before || shown?.get('NeedDaemonReload') !== 'no') {
        await systemctl.order('systemd did not read its units anew', 'daemon-reload');
      }
      const isEnabled = shown?.get('UnitFileState') === 'enabled';
      if (!isEnabled) await systemctl.order('systemd did not enable the service', 'enable', UNIT);
      if (before === null) return { outcome: 'installed', findings };
      const isSame = text === before && isEnabled;
      return { outcome: isSame ? 'unchanged' : 'updated', findings };
    },

    uninstall: async () => {
      const text = read();
      if (text === null) return 'absent';
      await systemctl.order('systemd did not stop the service', 'disable', '--now', UNIT);
      const isOurs = lingeringOfUnit(text) === 'turned-on-by-claudio' && !hasOtherUnits(folder);
      const turned = isOurs ? await lingering.turn('off') : null;
      rmSync(unitPath);
      await systemctl.order('systemd did not read its units anew', 'daemon-reload');
      // Of a unit that had failed something would be left in memory. It may know none: then all is well.
      await systemctl.try('reset-failed', UNIT);
      if (turned?.kind === 'refused') throw stillLingers(host, turned.reason);
      return 'removed';
    },

    start: () => systemctl.order('systemd did not start the service', 'start', UNIT),
    stop: async () => {
      await systemctl.order('systemd did not stop the service', 'stop', UNIT);
      // One that had failed would stay failed, and so look as if nobody had stopped it.
      await systemctl.try('reset-failed', UNIT);
    },
    restart: () => systemctl.order('systemd did not restart the service', 'restart', UNIT),
  };
}

/** Whether this user has enabled units of other programs, for which lingering may be wanted too. */
function hasOtherUnits(folder: string): boolean {
  return readdirSync(folder)
    .filter((entry) => /\.(?:wants|requires)$/u.test(entry))
    .flatMap((entry) => readdirSync(join(folder, entry)))
    .some((name) => !/^claudio(?:-[\w-]+)?\.(?:service|timer)$/u.test(basename(name)));
}

function cannotLinger(host: Host, reason: string): Finding {
  return {
    name: 'lingering',
    state: 'warning',
    text: `the service ends when you log out: ${reason}`,
    remedy: `Run \`sudo loginctl enable-linger ${host.userName}\` once.`,
  };
}

function stillLingers(host: Host, reason: string): ClaudioError {
  return new ClaudioError({
    code: 'service.refused',
    message: `The service is removed, but lingering could not be turned off again: ${reason}.`,
    hint: `Run \`sudo loginctl disable-linger ${host.userName}\`.`,
  });
}
