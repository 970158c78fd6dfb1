import { z } from 'zod';
import { formatDuration } from '../core/format.ts';
import type { CheckResult } from '../http/health.ts';

/** The checks of `/health` as people speak of them. */
const NAMES: Readonly<Record<string, { readonly name: string; readonly about: string }>> = {
  database: { name: 'Database', about: 'takes what is to be kept' },
  webhook: { name: 'Webhook', about: 'where Telegram delivers messages' },
  tunnel: { name: 'Tunnel', about: 'lets Telegram reach this machine' },
  claude: { name: 'Claude Code', about: 'is installed and logged in' },
  queue: { name: 'Queue', about: 'messages that wait for their turn' },
  deliveries: { name: 'Deliveries', about: 'answers on their way to the chat' },
  disk: { name: 'Disk', about: 'has room for what is to be kept' },
};

const MEGABYTE = 1_000_000;
/** A state that says nothing. */
const UNKNOWN = 'unknown';

const detailsSchema = z.looseObject({
  state: z.string().optional().catch(undefined),
  reason: z.string().optional().catch(undefined),
  version: z.string().optional().catch(undefined),
  publicUrl: z.string().optional().catch(undefined),
  pendingCount: z.number().optional().catch(undefined),
  lastError: z.looseObject({ message: z.string() }).optional().catch(undefined),
  waitingCount: z.number().optional().catch(undefined),
  oldestAgeSeconds: z.number().optional().catch(undefined),
  freeBytes: z.number().optional().catch(undefined),
  usedPercent: z.number().optional().catch(undefined),
});

/** What a check is called; its own name where it is none that is known. */
export function nameOf(check: string): string {
  return NAMES[check]?.name ?? check;
}

/** What a check looks at, in a few words. */
export function aboutOf(check: string): string {
  return NAMES[check]?.about ?? '';
}

/** What a check found beside whether it is well, each in a few words. */
export function detailsOf(result: CheckResult): readonly string[] {
  const seen = detailsSchema.parse(result);
  return [
    wordsOf(seen.state),
    seen.reason,
    when(seen.version, (version) => `version ${version}`),
    seen.publicUrl,
    when(seen.pendingCount || undefined, (count) => `${count} not delivered to us yet`),
    when(seen.lastError, ({ message }) => `Telegram’s last error, perhaps of long ago: ${message}`),
    when(seen.waitingCount, (count) => (count === 0 ? 'nothing waits' : `${count} waiting`)),
    when(
      seen.oldestAgeSeconds,
      (seconds) => `the oldest for ${formatDuration(Math.max(0, seconds) * 1000)}`,
    ),
    when(seen.freeBytes, (bytes) => `${sizeOf(bytes)} free`),
    when(seen.usedPercent, (percent) => `${percent} % used`),
  ].filter((text) => text !== undefined);
}

function wordsOf(state = UNKNOWN): string | undefined {
  if (state === UNKNOWN) return undefined;
  return state === 'not configured' ? 'no public address is set up, so nothing comes in' : state;
}

function when<T>(value: T | undefined, say: (value: T) => string): string | undefined {
  return value === undefined ? undefined : say(value);
}

function sizeOf(bytes: number): string {
  const megabytes = bytes / MEGABYTE;
  return megabytes < 1000 ? `${Math.floor(megabytes)} MB` : `${(megabytes / 1000).toFixed(1)} GB`;
}
