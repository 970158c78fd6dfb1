const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;

/** The marks of the fence that stands open after a line, where `fence` stood open before it, if any. */
export function fenceAfter(fence: string | null, line: string): string | null {
  const marks = FENCE.exec(line)?.[1] ?? null;
  if (fence === null) return marks;
  return marks?.startsWith(fence) === true ? null : fence;
}

/** The marks of the fence that stands open at the end of Markdown, or `null`. */
export function openFenceOf(markdown: string): string | null {
  let fence: string | null = null;
  for (const line of markdown.split(/\r\n?|\n/)) fence = fenceAfter(fence, line);
  return fence;
}
