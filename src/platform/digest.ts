import { createHash } from 'node:crypto';

/** What a tool is given, as JSON: SHA-256 in hexadecimal. Keys count in the order in which they came. */
export function digestOf(input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(input) ?? 'null')
    .digest('hex');
}
