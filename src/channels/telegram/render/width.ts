const ASCII = /^[ -~]*$/;
/** East Asian wide and full-width characters, and emoji, which take two columns. */
const WIDE =
  /[\u{1100}-\u{115F}\u{2E80}-\u{303E}\u{3041}-\u{A4CF}\u{A960}-\u{A97C}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE6F}\u{FF01}-\u{FF60}\u{FFE0}-\u{FFE6}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}|\u{FE0F}/u;

/**
 * How many columns a line takes in monospaced type. An estimate: phones differ in their emoji.
 *
 * Source: Unicode Standard Annex 11, East Asian Width.
 */
export function columnCount(line: string): number {
  if (ASCII.test(line)) return line.length;
  let count = 0;
  for (const { segment } of new Intl.Segmenter().segment(line)) count += WIDE.test(segment) ? 2 : 1;
  return count;
}
