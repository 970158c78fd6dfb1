import { beginning } from './format.ts';

/** A name longer than that is cut. */
const ATTRIBUTE_LENGTH = 64;

/**
 * Takes from a text the power to open or close one of our tags: the `<` becomes `&lt;`. Other markup is
 * left as it is, since it may be the very code that is talked about.
 */
export function defuseTags(text: string): string {
  return text.replaceAll(/<(?=[^\p{L}\p{N}<>]*claudio-)/giu, '&lt;');
}

/** Puts a text that is defused already into a tag, on lines of its own. */
export function tag(
  name: string,
  attributes: Readonly<Record<string, string>>,
  content: string,
): string {
  const written = Object.entries(attributes).map(([key, value]) => `${key}="${attribute(value)}"`);
  return `<${name} ${written.join(' ')}>\n${content}\n</${name}>`;
}

/** A text as the value of an attribute: one line, in which nothing ends the value or the tag. */
export function attribute(text: string, maxLength = ATTRIBUTE_LENGTH): string {
  const oneLine = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return beginning(oneLine, maxLength)
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
