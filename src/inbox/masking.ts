import { and, eq, inArray, or } from 'drizzle-orm';
import { attachments, messages, questions, turns } from '../../drizzle/schema.ts';
import type { Quote } from '../core/inbound.ts';
import type { Mask } from '../core/mask.ts';
import type { Database } from '../platform/database/open.ts';

/**
 * Masks the secrets in what people said to a turn that will not run again: its messages, what they quote and
 * what came with them, and what they answered to its questions. Before that Claude may have needed them. To
 * be called in the transaction that ends the turn.
 *
 * @returns In how many messages that still stand in the chat there were some.
 */
export function maskAsked({ orm }: Database, mask: Mask, turnId: number): number {
  let messageCount = 0;
  const asked = orm
    .select({ message: messages })
    .from(turns)
    .innerJoin(messages, eq(messages.id, turns.messageId))
    .where(or(eq(turns.id, turnId), eq(turns.joinedTurnId, turnId)))
    .all()
    .map(({ message }) => message);
  const ids = asked.map(({ id }) => id);
  const during = orm
    .select()
    .from(messages)
    .where(and(inArray(messages.duringMessageId, ids), eq(messages.role, 'person')))
    .all();
  for (const message of [...asked, ...during]) {
    const { id, text, formerText, instruction, quote, platformMessageId } = message;
    const seen = counted(mask);
    const safe = {
      text: seen.of(text),
      formerText: seen.of(formerText),
      instruction: seen.of(instruction),
      quote: quoteMasked(quote, seen.of),
    };
    if (seen.count() === 0) continue;
    orm.update(messages).set(safe).where(eq(messages.id, id)).run();
    if (platformMessageId !== null || !ids.includes(id)) messageCount += 1;
  }
  for (const { id, caption, transcript } of orm
    .select()
    .from(attachments)
    .where(inArray(attachments.messageId, ids))
    .all()) {
    const seen = counted(mask);
    const safe = { caption: seen.of(caption), transcript: seen.of(transcript) };
    if (seen.count() > 0) orm.update(attachments).set(safe).where(eq(attachments.id, id)).run();
  }
  for (const { id, answer } of orm
    .select()
    .from(questions)
    .where(eq(questions.turnId, turnId))
    .all()) {
    const seen = counted(mask);
    const safe = { answer: seen.of(answer) };
    if (seen.count() > 0) orm.update(questions).set(safe).where(eq(questions.id, id)).run();
  }
  return messageCount;
}

/** A message without secrets in what it says and quotes. */
export function withoutSecrets<M extends { readonly text: string; readonly quote: Quote | null }>(
  message: M,
  mask: Mask,
): M {
  const safe = (text: string): string => mask(text).text;
  return { ...message, text: safe(message.text), quote: quoteMasked(message.quote, safe) };
}

/** What is told of it, once. */
export const MASKED_IN_HISTORY =
  '🔒 I masked a key in your message in my history; it is still in the chat: delete it there.';

function quoteMasked(quote: Quote | null, safe: (text: string) => string): Quote | null {
  return quote === null ? null : { ...quote, text: safe(quote.text) };
}

function counted(mask: Mask) {
  let maskedCount = 0;
  function of(text: string): string;
  function of(text: string | null): string | null;
  function of(text: string | null): string | null {
    if (text === null) return null;
    const masked = mask(text);
    maskedCount += masked.maskedCount;
    return masked.text;
  }
  return { of, count: () => maskedCount };
}
