import { columnCount } from './width.ts';

/** Characters that sendRichMessage takes: https://core.telegram.org/bots/api#sendrichmessage */
const RICH_LIMIT = 32_768;
/** Wider code wraps on a phone where it is an entity; a rich message scrolls it. */
const WIDE_COLUMN_COUNT = 40;
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const DELIMITER_ROW = /^[ \t>|:-]+$/;
const CODE_SPAN = /(`+)(?!`)[^`]+\1(?!`)/g;
/** Telegram would fetch these from where they point to, and HTML means something to it. */
const UNSAFE = /!\[|<[a-z!/?]|\btg:/i;

/**
 * Whether Markdown is better seen as a rich message: it has a table, or code too wide for a phone, and
 * neither images nor HTML. Only good for what a text message would hold.
 */
export function isBetterRich(markdown: string): boolean {
  if (markdown.length > RICH_LIMIT) return false;
  let fence: string | null = null;
  let before = '';
  let gains = false;
  for (const line of markdown.split(/\r\n?|\n/)) {
    const marks = FENCE.exec(line)?.[1] ?? null;
    if (fence !== null) {
      if (marks?.startsWith(fence) === true) fence = null;
      else gains ||= columnCount(line) > WIDE_COLUMN_COUNT;
      continue;
    }
    fence = marks;
    if (fence !== null) continue;
    if (UNSAFE.test(line.replaceAll(CODE_SPAN, ''))) return false;
    gains ||= before.includes('|') && line.includes('-') && DELIMITER_ROW.test(line);
    before = line;
  }
  return gains;
}
