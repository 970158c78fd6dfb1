/**
 * Where a delivery stands. `sending` is written before the call and `sent` after it. When the platform
 * took the part and its word of that is lost, with the connection or with the service, the part is sent
 * again: the one place where a reply can arrive twice.
 */
export const DELIVERY_STATUSES = ['pending', 'sending', 'sent', 'failed'] as const;
