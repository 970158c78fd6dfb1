const PLAIN = /^[ -~\n]*$/;
/** Every control character but the line feed and the tab. */
const CONTROL = /[^\P{Cc}\n\t]/gu;
/** Embedding and override marks, and two combining lines, all of which Telegram deletes. */
const DELETED_BY_TELEGRAM = /[\u{202A}-\u{202E}]|\u{333}|\u{33F}/gu;
const RING_ABOVE = /.\u{30A}/gsu;
const LINE_SEPARATOR = /\r\n?|[\u{2028}\u{2029}]/gu;
const VISIBLE =
  /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u{30A}\u{333}\u{33F}\u{2800}\u{FFFC}]/u;

/**
 * The text as Telegram would keep it, so that offsets counted here still hold there: lone surrogates
 * become U+FFFD, every kind of line break a line feed, and what Telegram deletes is gone. Tabs stay.
 *
 * Source: `clean_input_string` in tdlib's `td/telegram/misc.cpp`. It also deletes the combining ring
 * above, which is why `å` is composed first.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .toWellFormed()
    .replace(LINE_SEPARATOR, '\n')
    .replace(CONTROL, '')
    .replace(DELETED_BY_TELEGRAM, '')
    .replace(RING_ABOVE, (pair) => pair.normalize('NFC').replace('\u{30A}', ''));
}

/**
 * Whether nothing of the text would be seen: Telegram refuses such a message as empty.
 *
 * Source: `is_empty_string` in tdlib's `td/telegram/misc.cpp`; this is the stricter of the two.
 */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(text);
}

/** Code with each tab widened to the next column that is a multiple of four: Telegram makes it one space. */
export function withoutTabs(code: string): string {
  if (!code.includes('\t')) return code;
  return code
    .split('\n')
    .map((line) => {
      let wide = '';
      for (const piece of line.split(/(?<=\t)/)) {
        wide += piece.endsWith('\t') ? piece.slice(0, -1) : piece;
        if (piece.endsWith('\t')) wide += ' '.repeat(4 - (wide.length % 4));
      }
      return wide;
    })
    .join('\n');
}
