import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Finds whose secret was given. All of them are compared, however soon one fits, and each comparison
 * takes as long for a near miss as for a far one, so that the time it takes tells nothing. Hashing first
 * makes both sides equally long, which `timingSafeEqual` asks for, without telling the secret's length.
 */
export function findBySecret<T extends { readonly secret: string }>(
  all: readonly T[],
  given: string,
): T | undefined {
  const sought = digest(given);
  let found: T | undefined;
  for (const one of all) if (timingSafeEqual(digest(one.secret), sought)) found = one;
  return found;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
