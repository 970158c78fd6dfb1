import type { Check } from '../http/health.ts';
import { persist, type Persistent } from '../ops/persist.ts';
import type { Logger } from '../platform/log.ts';
import type { Telegram } from './telegram.ts';

/** How Telegram's updates come in, besides the server that takes them. */
export interface WayIn {
  /** Begins to see to it. To be called once, when the server listens. */
  start(): void;
  /** Whether Telegram's updates come in. */
  readonly webhookCheck: Check;
  /** Whether the tunnel is well, where it is the service that runs it. */
  readonly tunnelCheck: Check | null;
  /** Nothing new is begun, and nothing more is fetched. Returns at once. */
  refuse(): void;
  /** Resolves when nothing of it is left. What is asked of Telegram just then is waited for. */
  close(): Promise<void>;
}

/**
 * The way in where others look after the address: WEBHOOK_URL is registered until it works, and again
 * whenever it is found to be registered elsewhere.
 *
 * @param parts.introduce Makes the bot known, before the address is registered.
 * @param parts.webhookUrl Where there is none, nothing comes in.
 */
export function createFixedWayIn(parts: {
  readonly introduce: () => Promise<boolean>;
  readonly registration: Telegram['registration'];
  readonly webhookUrl: string | undefined;
  readonly retryDelayMs: number;
  readonly log: Logger;
}): WayIn {
  const { registration, webhookUrl, log } = parts;
  let introduction: Persistent | undefined;
  const introduceOnce = async (): Promise<boolean> => {
    if (!(await parts.introduce())) return false;
    if (webhookUrl !== undefined) return await registration.register(webhookUrl);
    log.info({ hint: 'WEBHOOK_URL is not set' }, 'webhook.not-configured');
    return true;
  };
  return {
    start: () => {
      introduction = persist(introduceOnce, parts.retryDelayMs);
    },
    webhookCheck:
      webhookUrl === undefined
        ? () => ({ ok: true, state: 'not configured' })
        : registration.check(
            () => webhookUrl,
            () => introduction?.kick(),
          ),
    tunnelCheck: null,
    refuse: () => introduction?.close(),
    close: () => {
      introduction?.close();
      return Promise.resolve();
    },
  };
}
