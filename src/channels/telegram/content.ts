import { attachmentsOf } from './attachments.ts';
import type { Attachment } from '../../core/inbound.ts';
import { kindOf, type MessageKind } from './kinds.ts';
import { wordsOf } from './words.ts';

/** What a message says and carries. */
export interface Content {
  readonly kind: 'content';
  /** Blank only where there are attachments. */
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** Any visible character. The fillers look like a letter to a program and like nothing to a person. */
const VISIBLE = /[^\s\p{Cc}\p{Cf}\u115f\u1160\u2800\u3164\uffa0]/u;

/**
 * Reads what a message says, in its text, its caption or in words for what is neither, and which file
 * it carries.
 *
 * @param message A message, or what is told of one from elsewhere that is replied to.
 * @returns What kind of message it is where nothing can be read of it.
 */
export function contentOf(
  message: Readonly<Record<string, unknown>> & {
    readonly text?: string | undefined;
    readonly caption?: string | undefined;
  },
): Content | MessageKind {
  const attachments = attachmentsOf(message);
  const typed = message.text ?? message.caption;
  if (typed !== undefined && VISIBLE.test(typed)) {
    const lost = message.text === undefined && attachments.length === 0 ? kindOf(message) : null;
    const note = lost?.kind === 'unreadable' ? `\n\n(With ${lost.what} that cannot be read.)` : '';
    return { kind: 'content', text: `${typed}${note}`, attachments };
  }
  if (attachments.length > 0) return { kind: 'content', text: '', attachments };
  const words = wordsOf(message);
  if (words !== null) return { kind: 'content', text: `(${words})`, attachments };
  if (message.text !== undefined) return { kind: 'unreadable', what: 'an empty message' };
  return kindOf(message);
}
