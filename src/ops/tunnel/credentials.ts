import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/json.ts';

/** What a tunnel's credentials file holds; its secret is left in the file. */
const credentialsSchema = z.looseObject({
  TunnelID: z.uuid(),
  TunnelSecret: z.string().min(1),
  AccountTag: z.string().min(1),
});

/** What there is of credentials. */
export type ReadCredentials =
  | { readonly kind: 'read'; readonly tunnelId: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly reason: string };

/** The file that holds the credentials of the tunnel. */
export function credentialsFile(home: string): string {
  return join(home, 'tunnel.json');
}

/** Reads which tunnel a credentials file is for. Never throws. */
export function readCredentials(file: string): ReadCredentials {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing ? { kind: 'missing' } : { kind: 'unusable', reason: `${file} cannot be read` };
  }
  const parsed = credentialsSchema.safeParse(parseJson(text));
  return parsed.success
    ? { kind: 'read', tunnelId: parsed.data.TunnelID }
    : { kind: 'unusable', reason: `${file} does not hold the credentials of a tunnel` };
}
