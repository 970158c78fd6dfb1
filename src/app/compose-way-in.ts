import type { Clock } from '../core/clock.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import { createTunnel } from '../ops/tunnel/create.ts';
import type { TunnelTimes } from '../ops/tunnel/supervise.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import { createHost } from '../platform/host.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { Logger } from '../platform/log.ts';
import { createOutageNotice } from './outage.ts';
import type { Telegram } from './telegram.ts';
import { createTunnelWayIn, WAY_IN_LIMITS, type WayInLimits } from './tunnel-way-in.ts';
import { createFixedWayIn, type WayIn } from './way-in.ts';

/** Durations other than the usual ones. */
export interface WayInTimes {
  readonly limits?: Partial<WayInLimits>;
  readonly tunnel?: Partial<TunnelTimes>;
}

/** The way in that the settings ask for: through a tunnel of the service's own, or through one of others. */
export function composeWayIn(parts: {
  readonly telegram: Telegram;
  readonly commands: Parameters<Telegram['introduce']>[0];
  readonly receive: (update: unknown) => boolean;
  readonly conversations: ConversationStore;
  readonly outbox: Outbox;
  /** Called when something waits to be sent. */
  readonly said: () => void;
  readonly configuration: Configuration;
  readonly database: Database;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly times: WayInTimes;
}): WayIn {
  const { telegram, configuration, clock, log, times } = parts;
  const { settings, home } = configuration;
  const { registration } = telegram;
  const introduce = () => telegram.introduce(parts.commands);
  const retryDelayMs = settings.WEBHOOK_RETRY_DELAY;
  if (!settings.TUNNEL_QUICK && settings.TUNNEL_NAME === undefined) {
    const webhookUrl = settings.WEBHOOK_URL;
    return createFixedWayIn({ introduce, registration, webhookUrl, retryDelayMs, log });
  }

  const limits = { ...WAY_IN_LIMITS, ...times.limits };
  const host = createHost(configuration.environment);
  return createTunnelWayIn({
    openTunnel: () =>
      createTunnel({
        configuration,
        port: settings.PORT,
        host,
        http: parts.http,
        clock,
        log,
        ...(times.tunnel === undefined ? {} : { times: times.tunnel }),
      }),
    introduce,
    registration,
    poll: (onFetching) => telegram.poll({ receive: parts.receive, onFetching }),
    notice: createOutageNotice({
      ...parts,
      home,
      owner: telegram.conversationWith(settings.TELEGRAM_CHAT_ID),
      quietMs: limits.quietMs,
    }),
    fixedUrl: settings.TUNNEL_QUICK ? undefined : settings.WEBHOOK_URL,
    retryDelayMs,
    limits,
    clock,
    log,
  });
}
