import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Sessions } from '../pages/entrance.tsx';

const LASTS_MS = 7 * 24 * 3_600_000;
const TOKEN_BYTES = 32;

/**
 * Who has come into the playground, kept as long as it runs. Its link may be used more than once, so that a
 * second browser can come in.
 *
 * @param key What the link holds.
 */
export function createPlaygroundSessions(key: string): Sessions {
  const open = new Set<string>();
  return {
    lastsMs: LASTS_MS,
    open: (given) => {
      if (!timingSafeEqual(digestOf(given), digestOf(key))) return null;
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      open.add(token);
      return token;
    },
    isOpen: (token) => open.has(token),
    end: (token) => void open.delete(token),
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
