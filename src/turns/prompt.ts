import { beginning, ending } from '../core/format.ts';
import type { HistoryEntry } from './history.ts';

/** Longer messages of the past are cut in the middle, so that one of them cannot crowd out the rest. */
const HISTORY_TEXT_LENGTH = 8000;
const AUTHOR_LENGTH = 64;

/** What a prompt is made of. */
export interface PromptSource {
  readonly history: readonly HistoryEntry[];
  readonly message: { readonly author: string | null; readonly text: string };
  /** What an earlier, interrupted attempt at the same message did, a line a tool; empty: there was none. */
  readonly interruptedWork: readonly string[];
}

/**
 * Writes the prompt of a turn. Everything that people or Claude wrote stands in tags whose names begin
 * with `claudio-`; no text can close or open one, see {@link defuseTags}.
 */
export function buildPrompt(source: PromptSource): string {
  const parts: string[] = [];
  if (source.history.length > 0) {
    parts.push(
      'What was said so far, oldest first:',
      `<claudio-history>\n${source.history.map(historyEntry).join('\n')}\n</claudio-history>`,
    );
  }
  if (source.interruptedWork.length > 0) {
    parts.push(
      'An earlier attempt at the message below was interrupted. It had begun the following; look at what is already done before you do anything again:',
      tagged('claudio-interrupted', source.interruptedWork.join('\n')),
    );
  }
  parts.push('The message to answer:', messageTag(source.message.author, source.message.text));
  return parts.join('\n\n');
}

/**
 * Takes from a text the power to open or close one of our tags: the `<` becomes `&lt;`. Other markup is
 * left as it is, since it may be the very code that is talked about.
 */
export function defuseTags(text: string): string {
  return text.replaceAll(/<(?=[^\p{L}\p{N}<>]*claudio-)/giu, '&lt;');
}

function historyEntry(entry: HistoryEntry): string {
  const at = new Date(entry.createdAtMs).toISOString();
  if (entry.role === 'person') return messageTag(entry.author, shorten(entry.text), at);
  const tools = entry.toolSummary === null ? '' : `${tagged('claudio-tools', entry.toolSummary)}\n`;
  return `<claudio-message from="Claude" at="${at}">\n${tools}${defuseTags(shorten(entry.text))}\n</claudio-message>`;
}

function messageTag(author: string | null, text: string, at?: string): string {
  const name = attribute(author ?? 'the person');
  const time = at === undefined ? '' : ` at="${at}"`;
  return `<claudio-message from="${name}"${time}>\n${defuseTags(text)}\n</claudio-message>`;
}

function tagged(tag: string, text: string): string {
  return `<${tag}>\n${defuseTags(text)}\n</${tag}>`;
}

function attribute(text: string): string {
  const oneLine = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return beginning(oneLine, AUTHOR_LENGTH)
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function shorten(text: string): string {
  if (text.length <= HISTORY_TEXT_LENGTH) return text;
  const half = HISTORY_TEXT_LENGTH / 2;
  const [head, tail] = [beginning(text, half), ending(text, half)];
  const leftOutLength = text.length - head.length - tail.length;
  return `${head}\n[… ${leftOutLength} characters left out …]\n${tail}`;
}
