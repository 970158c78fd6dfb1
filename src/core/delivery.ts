/**
 * Where a delivery stands. `sending` is written before the call and `sent` after it: a service that
 * dies between the two sends the part again, the one place where a reply can arrive twice.
 */
export const DELIVERY_STATUSES = ['pending', 'sending', 'sent', 'failed'] as const;
