import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * A check against one secret that takes as long for a near miss as for a far one. Hashing first makes
 * both sides equally long, which `timingSafeEqual` asks for, without telling the secret's length.
 */
export function createSecretCheck(secret: string): (given: string) => boolean {
  const expected = digest(secret);
  return (given) => timingSafeEqual(digest(given), expected);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
