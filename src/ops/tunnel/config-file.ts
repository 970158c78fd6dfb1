import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from '../../platform/files.ts';
import { packageRoot } from '../../platform/package.ts';

/** The paths of the webhooks that are let through. */
export const WEBHOOK_PATHS: readonly string[] = ['/telegram/webhook'];

/** What the configuration of a tunnel is made from. */
export interface TunnelRoute {
  /** `null` for a quick tunnel, whose host name nobody knows before it is there. */
  readonly named: {
    readonly tunnelId: string;
    /** Absolute. */
    readonly credentialsFile: string;
    readonly hostname: string;
  } | null;
  /** Where the service listens on 127.0.0.1. */
  readonly port: number;
  /** Whole paths, as plain text: {@link WEBHOOK_PATHS}. */
  readonly webhookPaths: readonly string[];
}

/** Where the template is. */
export function configTemplate(): string {
  return join(packageRoot(), 'cloudflared', 'config.yml');
}

/**
 * Writes `cloudflared.yml` into the home, mode 0600, made from `cloudflared/config.yml`.
 *
 * @returns Its path. @throws what the file system throws; Error where the template is not what it was.
 */
export function writeConfig(home: string, route: TunnelRoute): string {
  const file = join(home, 'cloudflared.yml');
  writePrivateFile(file, makeConfig(readFileSync(configTemplate(), 'utf8'), route));
  return file;
}

/**
 * Fills the template in: its first rule is repeated for each webhook, everything else in it stays.
 *
 * Source: https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/do-more-with-tunnels/local-management/configuration-file/
 */
export function makeConfig(template: string, route: TunnelRoute): string {
  const lines = template.split('\n').filter((line) => !/^\s*(?:#|$)/u.test(line));
  const rulesFrom = lines.indexOf('ingress:') + 1;
  const starts = lines.flatMap((line, at) => (at >= rulesFrom && /^\s*- /u.test(line) ? at : []));
  const [first, second] = starts;
  if (rulesFrom === 0 || first === undefined || second === undefined) {
    throw new Error(`${configTemplate()} has no rules for the webhook and for everything else`);
  }
  const { named, port } = route;
  const top = fill(lines.slice(0, first), {
    tunnel: named?.tunnelId ?? null,
    'credentials-file': named?.credentialsFile ?? null,
  });
  const webhooks = route.webhookPaths.flatMap((path) =>
    fill(lines.slice(first, second), {
      // Cloudflare hands a tunnel only what is for its own host names.
      hostname: named?.hostname ?? '*',
      // An unanchored Go regular expression.
      path: `^${path.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`)}$`,
      service: `http://127.0.0.1:${port}`,
    }),
  );
  return [
    '# Made by Claudio at each start from cloudflared/config.yml: changes here are lost.',
    ...top,
    ...webhooks,
    ...lines.slice(second),
    '',
  ].join('\n');
}

/** Sets the values of keys; a key whose value is `null` is left out. */
function fill(
  lines: readonly string[],
  values: Readonly<Record<string, string | null>>,
): readonly string[] {
  return lines.flatMap((line) => {
    const [, before = '', key = ''] = /^(\s*(?:- )?)([\w-]+):/u.exec(line) ?? [];
    const value = values[key];
    if (value === undefined) return [line];
    return value === null ? [] : [`${before}${key}: ${quoted(value)}`];
  });
}

/** A double-quoted scalar of YAML: JSON, and escapes for what YAML takes for a line break or not at all. */
function quoted(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[\u007F-\u009F\u2028\u2029\uFEFF]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
