import type { Bots } from '../core/bot.ts';
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
import { firstOwner } from './bots.ts';
import type { Receive } from './receive.ts';
import type { CommandList } from './telegram.ts';
import type { Telegrams } from './telegrams.ts';
import { createTunnelWayIn, WAY_IN_LIMITS, type WayInLimits } from './tunnel-way-in.ts';
import { createFixedWayIn, type WayIn } from './way-in.ts';

/** Durations other than the usual ones. */
export interface WayInTimes {
  readonly limits?: Partial<WayInLimits>;
  readonly tunnel?: Partial<TunnelTimes>;
}

/** The way in of all bots that the settings ask for: through a tunnel of the service's own, or through one of others. */
export function composeWayIn(parts: {
  readonly telegrams: Telegrams;
  readonly bots: Bots;
  /** As they are now. */
  readonly commands: () => CommandList;
  readonly receive: Receive;
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
  const { telegrams, bots, configuration, clock, log, times } = parts;
  const { settings, home } = configuration;
  const { registration } = telegrams;
  const introduce = () => telegrams.introduce(parts.commands());
  const retryDelayMs = settings.WEBHOOK_RETRY_DELAY;
  if (!settings.TUNNEL_QUICK && settings.TUNNEL_NAME === undefined) {
    const webhookUrl = settings.WEBHOOK_URL;
    const fixed = createFixedWayIn({ introduce, registration, webhookUrl, retryDelayMs, log });
    return closing(fixed, telegrams);
  }

  const limits = { ...WAY_IN_LIMITS, ...times.limits };
  const host = createHost(configuration.environment);
  const tunnelled = createTunnelWayIn({
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
    poll: (onFetching) => telegrams.poll({ receive: parts.receive, onFetching }),
    notice: createOutageNotice({
      ...parts,
      home,
      owner: () => firstOwner(bots),
      quietMs: limits.quietMs,
    }),
    fixedUrl: settings.TUNNEL_QUICK ? undefined : settings.WEBHOOK_URL,
    retryDelayMs,
    limits,
    clock,
    log,
  });
  return closing(tunnelled, telegrams);
}

/** With its end comes that of what the bots still try in the background. */
function closing(wayIn: WayIn, telegrams: Telegrams): WayIn {
  return {
    ...wayIn,
    refuse: () => {
      telegrams.close();
      wayIn.refuse();
    },
    close: async () => {
      telegrams.close();
      await wayIn.close();
    },
  };
}
