import { and, desc, eq, isNotNull, ne } from 'drizzle-orm';
import { grants, messages, pairings, turns } from '../../drizzle/schema.ts';
import { excerpt } from '../core/format.ts';
import type { Database } from '../platform/database/open.ts';

const NAME_LENGTH = 60;

/**
 * A name as somebody gave it to themselves, fit to stand in a line of ours: on one line, not endless, and
 * without what turns a line around.
 */
export function plainName(name: string): string {
  return excerpt(name.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, ' '), NAME_LENGTH);
}

/** What people call themselves, by the platform's id: as they last did where they asked something. */
export type Names = (personId: string) => string | null;

export function createNames({ orm }: Database): Names {
  const asked = (personId: string) =>
    orm
      .select({ name: messages.author })
      .from(turns)
      .innerJoin(messages, eq(messages.id, turns.messageId))
      .where(and(eq(turns.personId, personId), isNotNull(messages.author)))
      .orderBy(desc(turns.queuedAtMs))
      .limit(1)
      .get()?.name;
  const granted = (personId: string) =>
    orm
      .select({ name: grants.name })
      .from(grants)
      .where(and(eq(grants.personId, personId), ne(grants.name, '')))
      .orderBy(desc(grants.atMs))
      .limit(1)
      .get()?.name;
  const paired = (personId: string) =>
    orm
      .select({ name: pairings.name })
      .from(pairings)
      .where(eq(pairings.personId, personId))
      .orderBy(desc(pairings.id))
      .limit(1)
      .get()?.name;

  return (personId) => {
    const name = plainName(asked(personId) ?? granted(personId) ?? paired(personId) ?? '');
    return name === '' ? null : name;
  };
}
