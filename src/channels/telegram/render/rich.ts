import { fenceAfter } from './fence.ts';
import { columnCount } from './width.ts';

/** Characters that sendRichMessage takes: https://core.telegram.org/bots/api#sendrichmessage */
const RICH_LIMIT = 32_768;
/** Wider code wraps on a phone where it is an entity; a rich message scrolls it. */
const WIDE_COLUMN_COUNT = 40;
const DELIMITER_ROW = /^[ \t>|:-]+$/;
const CODE_SPAN = /(`+)(?!`)[^`]+\1(?!`)/g;
/**
 * Telegram would fetch these from where they point to; HTML means something to it, and what stands
 * between dollar signs is LaTeX.
 */
const UNSAFE = /!\[|<[a-z!/?]|\btg:|\$/i;

/**
 * Whether Markdown is better seen as a rich message: it has a table, or code too wide for a phone, and
 * neither images nor HTML nor a dollar sign. Only good for what a text message would hold.
 */
export function isBetterRich(markdown: string): boolean {
  if (markdown.length > RICH_LIMIT) return false;
  let fence: string | null = null;
  let before = '';
  let gains = false;
  for (const line of markdown.split(/\r\n?|\n/)) {
    const wasOpen = fence !== null;
    fence = fenceAfter(fence, line);
    if (wasOpen || fence !== null) {
      gains ||= wasOpen && fence !== null && columnCount(line) > WIDE_COLUMN_COUNT;
      continue;
    }
    if (UNSAFE.test(line.replaceAll(CODE_SPAN, ''))) return false;
    gains ||= before.includes('|') && line.includes('-') && DELIMITER_ROW.test(line);
    before = line;
  }
  return gains;
}
