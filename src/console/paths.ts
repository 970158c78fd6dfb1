/** The page of a conversation. */
export function conversationPath(conversationId: string): string {
  return `/conversations/${encodeURIComponent(conversationId)}`;
}

/** A message on the page of its conversation that holds it. */
export function messagePath(conversationId: string, messageId: number): string {
  return `${conversationPath(conversationId)}?message=${messageId}#message-${messageId}`;
}

/** A turn, opened, on the page of its conversation that holds it. */
export function turnPath(conversationId: string, turnId: number): string {
  return `${conversationPath(conversationId)}?turn=${turnId}#turn-${turnId}`;
}

/** The page of a memory. */
export function memoryPath(memoryId: number): string {
  return `/memories/${memoryId}`;
}

/** A path with those of the parameters that say something. */
export function withParams(
  path: string,
  params: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') query.set(name, String(value));
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** The number of a row as it stands in an address; `null` where it is none that a row could have. */
export function rowNumber(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,14}$/u.test(text) ? Number(text) : null;
}
