import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration } from '../../core/format.ts';
import { ensurePrivateFolder, isFolder, makePrivate } from '../../platform/files.ts';
import { diskCheck } from '../checks.ts';
import { hurried, type View } from '../status/site.ts';
import type { Diagnosis } from './diagnosis.ts';

const OTHERS = 0o077;
/** What holds secrets, or what was said. */
const PRIVATE_FILES = ['service.env', 'claudio.db', 'claudio.db-wal', 'claudio.log'];
/** Certificates, and the ages of everything, go wrong with a clock that is. */
const MAX_CLOCK_ERROR_MS = 5 * 60_000;
const MAX_BYTES = 64 * 1024;
const BYTES_PER_GB = 1e9;

/** Node, the home folder, the disk under it, and the clock. */
export async function machineDiagnoses(view: View): Promise<readonly Diagnosis[]> {
  const { home } = view.configuration;
  return [
    { name: 'node', state: 'ok', text: `${process.version}, ${process.execPath}` },
    homeDiagnosis(home),
    filesDiagnosis(home),
    ...(isFolder(home) ? [await diskDiagnosis(home, view)] : []),
    await clockDiagnosis(view),
  ];
}

function homeDiagnosis(home: string): Diagnosis {
  const name = 'home';
  const make = async (done: string): Promise<string> => {
    ensurePrivateFolder(home);
    return await Promise.resolve(done);
  };
  if (!existsSync(home)) {
    return {
      name,
      state: 'failed',
      text: `${home} is not there`,
      remedy: '`claudio install` makes it.',
      mend: () => make(`Made ${home}, mode 0700.`),
    };
  }
  if (!isFolder(home)) {
    return {
      name,
      state: 'failed',
      text: `${home} is not a folder`,
      remedy: 'Move it away, or name another place with CLAUDIO_HOME.',
    };
  }
  const fault = writeFault(home);
  if (fault !== null) {
    return {
      name,
      state: 'failed',
      text: `${home} cannot be written to: ${fault}`,
      remedy: 'Make it yours and writable, or name another place with CLAUDIO_HOME.',
    };
  }
  const { mode } = statSync(home);
  if ((mode & OTHERS) === 0) return { name, state: 'ok', text: home };
  return {
    name,
    state: 'warning',
    text: `${home} is open to others (mode ${octal(mode)})`,
    remedy: `chmod 700 ${quoted(home)}`,
    mend: () => make(`Closed ${home} to others.`),
  };
}

function filesDiagnosis(home: string): Diagnosis {
  const name = 'files';
  const open = PRIVATE_FILES.map((file) => join(home, file)).filter(
    (path) => existsSync(path) && (statSync(path).mode & OTHERS) !== 0,
  );
  if (open.length === 0) return { name, state: 'ok', text: 'closed to others' };
  return {
    name,
    state: 'warning',
    text: `open to others: ${open.join(', ')}`,
    remedy: `chmod 600 ${open.map(quoted).join(' ')}`,
    mend: async () => {
      for (const path of open) makePrivate(path);
      return await Promise.resolve(`Closed ${open.join(', ')} to others.`);
    },
  };
}

async function diskDiagnosis(home: string, { configuration }: View): Promise<Diagnosis> {
  const name = 'disk';
  const { ok, freeBytes, usedPercent } = await diskCheck(home);
  const limit = configuration.settings.DISK_USAGE_THRESHOLD;
  const text = `${(freeBytes / BYTES_PER_GB).toFixed(1)} GB free, ${usedPercent} % full`;
  if (ok && usedPercent <= limit) return { name, state: 'ok', text };
  return { name, state: ok ? 'warning' : 'failed', text, remedy: 'Free some space.' };
}

async function clockDiagnosis({ configuration, http, clock }: View): Promise<Diagnosis> {
  const name = 'clock';
  const answer = await hurried(http).request({
    method: 'GET',
    url: `${configuration.settings.TELEGRAM_API_ROOT}/`,
    timeoutMs: MAX_CLOCK_ERROR_MS,
    maxResponseBytes: MAX_BYTES,
  });
  if (answer.kind === 'failed' || answer.serverTimeMs === null) {
    const why = answer.kind === 'failed' ? `: ${answer.reason}` : '';
    return { name, state: 'off', text: `not compared, Telegram does not tell the time${why}` };
  }
  const errorMs = clock.now() - answer.serverTimeMs;
  if (Math.abs(errorMs) <= MAX_CLOCK_ERROR_MS) {
    return { name, state: 'ok', text: "goes as Telegram's does" };
  }
  return {
    name,
    state: 'failed',
    text: `${formatDuration(Math.abs(errorMs))} ${errorMs > 0 ? 'ahead of' : 'behind'} Telegram's`,
    remedy: 'Set it, and let it be kept by a time server (`timedatectl set-ntp true` on Linux).',
  };
}

/** Why nothing can be written there, or `null`. */
function writeFault(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    return code === 'EROFS' ? 'the disk is read-only' : 'it is not yours to write to';
  }
}

function octal(mode: number): string {
  return `0${(mode & 0o777).toString(8)}`;
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/u.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
