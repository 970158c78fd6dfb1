import { z } from 'zod';
import type { Finding } from '../../core/finding.ts';
import type { View } from './site.ts';

const NAME = 'tunnel';

const checkSchema = z.looseObject({
  ok: z.boolean(),
  state: z.string(),
  publicUrl: z.string().optional(),
  connectionCount: z.number().optional(),
  reason: z.string().optional(),
  remedy: z.string().optional(),
});

/** How the tunnel is. It belongs to the service, so there is none without it. */
export function tunnelFinding({ configuration, report }: View): Finding {
  const { TUNNEL_NAME, TUNNEL_HOSTNAME, TUNNEL_QUICK, WEBHOOK_URL } = configuration.settings;
  if (TUNNEL_NAME === undefined && !TUNNEL_QUICK) {
    return WEBHOOK_URL === undefined
      ? { name: NAME, state: 'off', text: 'not set up', remedy: '`claudio tunnel setup` does it.' }
      : { name: NAME, state: 'off', text: `looked after by others: ${WEBHOOK_URL}` };
  }
  const address = TUNNEL_QUICK ? 'throw-away address' : `${TUNNEL_NAME} (${TUNNEL_HOSTNAME})`;
  const seen = checkSchema.safeParse(report?.checks['tunnel']);
  if (!seen.success && report !== null) {
    return {
      name: NAME,
      state: 'warning',
      text: `${address}: the service runs without it`,
      remedy: '`claudio restart` starts both.',
    };
  }
  if (!seen.success) {
    return { name: NAME, state: 'off', text: `${address}: runs with the service` };
  }
  const { ok, state, publicUrl, connectionCount, reason, remedy } = seen.data;
  const text = [
    `${state}: ${publicUrl ?? address}`,
    ...(connectionCount === undefined
      ? []
      : [`${connectionCount} ${connectionCount === 1 ? 'connection' : 'connections'}`]),
    ...(reason === undefined ? [] : [reason.replace(/\.$/u, '')]),
  ].join(', ');
  return {
    name: NAME,
    state: ok ? 'ok' : state === 'starting' ? 'warning' : 'failed',
    text,
    ...(remedy === undefined ? {} : { remedy }),
  };
}
