import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Refusal, type Place } from './place.ts';
import { processState, startProcess, stopProcess, type ProcessPlan } from './processes.ts';
import {
  commandOf,
  environmentOf,
  fillIn,
  parseUnitFile,
  spanMs,
  splitWords,
  valueOf,
  valuesOf,
  type UnitFile,
  type UnitUser,
} from './unit-file.ts';

/** What the stand-in's systemd has in memory: units as they were when they were loaded, and what is started. */
interface Memory {
  readonly loaded: Readonly<Record<string, string>>;
  /** Units without a process of their own that are started: timers, and services that are not really run. */
  readonly active: Readonly<Record<string, true>>;
  readonly failed: Readonly<Record<string, true>>;
}

/** The systemd of one user, as far as the stand-in of systemctl needs it. */
export class UserSystemd {
  private readonly place: Place;
  private readonly folder: string;
  private memory: Memory;

  constructor(place: Place) {
    this.place = place;
    this.folder = join(place.userHome, '.config/systemd/user');
    this.memory = place.read<Memory>('systemd.json', { loaded: {}, active: {}, failed: {} });
  }

  private remember(changes: Partial<Memory>): void {
    this.memory = { ...this.memory, ...changes };
    this.place.write('systemd.json', this.memory);
  }

  private onDisk(name: string): string | null {
    const file = join(this.folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : null;
  }

  /** Forgets units that have changed on disk, and those that are gone and not running. */
  reload(): void {
    const kept = Object.entries(this.memory.loaded).flatMap(([name, text]) => {
      const now = this.onDisk(name);
      if (now !== null) return [[name, now] as const];
      return this.activeState(name) === 'active' ? [[name, text] as const] : [];
    });
    this.remember({ loaded: Object.fromEntries(kept) });
  }

  /** The unit as systemd knows it, which need not be what the file says now. */
  load(name: string, verb: string): UnitFile {
    const known = this.memory.loaded[name];
    const now = this.onDisk(name);
    const text = known ?? now;
    if (text === null) {
      const word = verb === 'stop' ? 'loaded' : 'found';
      throw new Refusal(5, `Failed to ${verb} ${name}: Unit ${name} not ${word}.`);
    }
    if (known === undefined) {
      this.remember({ loaded: { ...this.memory.loaded, [name]: text } });
    } else if (known !== now) {
      process.stderr.write(
        `Warning: The unit file, source configuration file or drop-ins of ${name} changed on disk. Run 'systemctl --user daemon-reload' to reload units.\n`,
      );
    }
    return parseUnitFile(text);
  }

  private links(name: string, unit: UnitFile): readonly string[] {
    return (['WantedBy', 'RequiredBy'] as const).flatMap((key) =>
      valuesOf(unit, 'Install', key)
        .flatMap((value) => value.split(/\s+/u))
        .map((target) =>
          join(this.folder, `${target}.${key === 'WantedBy' ? 'wants' : 'requires'}`, name),
        ),
    );
  }

  enable(name: string): void {
    const text = this.onDisk(name);
    if (text === null) {
      throw new Refusal(1, `Failed to enable unit: Unit file ${name} does not exist.`);
    }
    for (const link of this.links(name, parseUnitFile(text))) {
      if (existsSync(link)) continue;
      mkdirSync(dirname(link), { recursive: true });
      rmSync(link, { force: true });
      symlinkSync(join(this.folder, name), link);
      process.stderr.write(`Created symlink ${link} → ${join(this.folder, name)}.\n`);
    }
    this.reload();
  }

  private standingLinks(name: string): readonly string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((entry) => /\.(?:wants|requires)$/u.test(entry))
      .flatMap((entry) => readdirSync(join(this.folder, entry)).map((file) => join(entry, file)))
      .filter((entry) => basename(entry) === name)
      .map((entry) => join(this.folder, entry));
  }

  disable(name: string): void {
    const links = this.standingLinks(name);
    if (this.onDisk(name) === null && links.length === 0) {
      throw new Refusal(1, `Failed to disable unit: Unit file ${name} does not exist.`);
    }
    for (const link of links) {
      rmSync(link);
      process.stderr.write(`Removed ${link}.\n`);
    }
    this.reload();
  }

  activeState(name: string): string {
    const state = processState(this.place, name);
    if (this.place.settings.runs && state !== null) {
      const isAsked = this.place.read(`processes/${name}.stop`, false);
      return state.active === 'active' && isAsked ? 'deactivating' : state.active;
    }
    if (name in this.memory.active) return 'active';
    return name in this.memory.failed ? 'failed' : 'inactive';
  }

  async start(name: string, verb: string): Promise<void> {
    const unit = this.load(name, verb);
    const { active, failed } = this.memory;
    if (this.activeState(name) === 'active') return;
    const { [name]: _, ...stillFailed } = failed;
    this.remember({ failed: stillFailed });
    if (!this.place.settings.runs || !name.endsWith('.service')) {
      this.remember({ active: { ...active, [name]: true } });
      return;
    }
    const plan = this.plan(name, unit);
    const started = plan === null ? null : await startProcess(this.place, plan);
    const isStarted =
      valueOf(unit, 'Service', 'Type') === 'exec'
        ? started !== null && started.exitCode !== 203
        : plan !== null;
    if (!isStarted) {
      this.remember({ failed: { ...this.memory.failed, [name]: true } });
      throw new Refusal(
        1,
        `Job for ${name} failed because the control process exited with error code.\nSee "systemctl --user status ${name}" and "journalctl --user -xeu ${name}" for details.`,
      );
    }
  }

  private plan(name: string, unit: UnitFile): ProcessPlan | null {
    const { environment } = this.place.settings;
    const user: UnitUser = {
      name: process.env['USER'] ?? '',
      id: process.getuid?.() ?? 0,
      home: this.place.userHome,
    };
    const env = {
      HOME: user.home,
      USER: user.name,
      LOGNAME: user.name,
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...environment,
      ...environmentOf(unit, user),
    };
    const setting = (key: string): string | undefined => valueOf(unit, 'Service', key);
    const argv = commandOf(setting('ExecStart') ?? '', user, env);
    const cwd = fillIn(setting('WorkingDirectory') ?? user.home, user);
    if (!(argv[0] ?? '').startsWith('/') || !existsSync(argv[0] ?? '') || !existsSync(cwd)) {
      return null;
    }
    const umask = setting('UMask');
    return {
      name,
      argv,
      env,
      cwd,
      umask: umask === undefined ? null : Number.parseInt(umask, 8),
      stderrPath: null,
      restarts: this.place.settings.restarts ? restartsOf(setting('Restart')) : 'never',
      restartDelayMs: spanMs(setting('RestartSec') ?? '100ms'),
      finalCodes: splitWords(setting('RestartPreventExitStatus') ?? '').map(Number),
    };
  }

  async stop(name: string, verb: string): Promise<void> {
    const unit = this.load(name, verb);
    const limitMs = spanMs(valueOf(unit, 'Service', 'TimeoutStopSec') ?? '90s');
    await stopProcess(this.place, name, limitMs);
    const { [name]: _, ...active } = this.memory.active;
    this.remember({ active });
  }

  fileState(name: string): string {
    const text = this.onDisk(name);
    if (text === null) return 'not-found';
    if (this.standingLinks(name).length > 0) return 'enabled';
    return this.links(name, parseUnitFile(text)).length === 0 ? 'static' : 'disabled';
  }

  show(name: string, options: ReadonlyMap<string, readonly string[]>): string {
    const now = this.onDisk(name);
    const known = this.memory.loaded[name];
    const shown = this.place.settings.runs ? processState(this.place, name) : null;
    const active = this.activeState(name);
    const values: Readonly<Record<string, string>> = {
      Id: name,
      LoadState: now === null && known === undefined ? 'not-found' : 'loaded',
      ActiveState: active,
      SubState:
        {
          active: 'running',
          activating: 'auto-restart',
          deactivating: 'stop-sigterm',
          failed: 'failed',
        }[active] ?? 'dead',
      UnitFileState: now === null ? '' : this.fileState(name),
      FragmentPath: now === null ? '' : join(this.folder, name),
      MainPID: String(shown?.pid ?? 0),
      ExecMainStatus: String(shown?.exitCode ?? 0),
      NeedDaemonReload: known !== undefined && known !== now ? 'yes' : 'no',
    };
    const wanted = options.get('--property') ?? Object.keys(values);
    return wanted
      .filter((key) => key in values)
      .map((key) => `${key}=${values[key] ?? ''}`)
      .join('\n');
  }

  list(state: string | undefined): string {
    if (!existsSync(this.folder)) return '';
    const names = readdirSync(this.folder).filter((name) => /\.(?:service|timer)$/u.test(name));
    return names
      .filter((name) => state === undefined || this.fileState(name) === state)
      .map((name) => `${name} ${this.fileState(name)} enabled\n`)
      .join('');
  }

  resetFailed(name: string): void {
    if (!(name in this.memory.loaded)) {
      throw new Refusal(
        1,
        `Failed to reset failed state of unit ${name}: Unit ${name} not loaded.`,
      );
    }
    const { [name]: _, ...failed } = this.memory.failed;
    this.remember({ failed });
    const state = processState(this.place, name);
    if (state?.active === 'failed') {
      this.place.write(`processes/${name}.json`, { ...state, active: 'inactive' });
    }
  }
}

function restartsOf(setting: string | undefined): ProcessPlan['restarts'] {
  return setting === 'always' || setting === 'on-failure' ? setting : 'never';
}
