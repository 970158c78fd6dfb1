import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { eq } from 'drizzle-orm';
import { acceptedFiles } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from './audit.ts';
import { look, readOwn } from './own-file.ts';

/** What a text came to: a value, or what is wrong with it, a sentence. */
export type Parsed<T> = { readonly ok: T } | { readonly fault: string };

/** A file of the person's own, of which the last version that was right is in force. */
export interface KeptFile<T> {
  /**
   * What is in force now. Looks at the file each time, which takes microseconds, and reads it where it
   * changed. May be called in a transaction and outside of one.
   *
   * @throws what the database throws when a change cannot be written down.
   */
  current(): T;
}

/** So young a version may not be all written yet, and another may follow with the same time. */
const UNSETTLED_MS = 1000;

/** A version of the file. */
interface Version<T> {
  /** `null`: there is no file. */
  readonly digest: string | null;
  readonly text: string | null;
  readonly parsed: Parsed<T>;
}

/**
 * Keeps an eye on a file. One that is wrong, cannot be read, or can be written by others changes
 * nothing: what was right before stays in force, over restarts too. What is wrong is told once a version,
 * and once when it is right again. One that is gone leaves what comes with Claudio, and that is told too:
 * nobody has to find out by what is let through. Each version that is seen is written down by its digest.
 *
 * @param parts.name What it is called in the database and to people.
 * @param parts.parse Gets the whole text. May be called with the same text again. Does not throw.
 * @param parts.initial In force where there is no file.
 * @param parts.fallback In force where it is wrong and never was right; without it `initial`.
 * @param parts.onFault Is told, in a transaction, what is wrong and what is in force meanwhile: Markdown.
 * @param parts.onMended The same, when it is right again or gone.
 */
export function createKeptFile<T>(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly path: string;
  readonly name: string;
  readonly parse: (text: string) => Parsed<T>;
  readonly initial: T;
  readonly fallback?: T;
  readonly onFault: (markdown: string) => void;
  readonly onMended: (markdown: string) => void;
  readonly audit: Pick<Audit, 'write'>;
}): KeptFile<T> {
  const { database, clock, path, name, parse, initial, fallback = initial } = parts;
  const { orm } = database;
  const isIt = eq(acceptedFiles.name, name);
  const find = orm.select().from(acceptedFiles).where(isIt).prepare();
  const none: Version<T> = { digest: null, text: null, parsed: { ok: initial } };

  let latest: { readonly stamp: string; readonly isSettled: boolean } | null = null;
  let version = none;
  /** What was right the last time, as it stands in the database. */
  let accepted: { readonly content: string; readonly value: T } | null = null;

  const ageOf = (modifiedAtMs: number) => clock.now() - modifiedAtMs;
  const isYoung = (modifiedAtMs: number) =>
    ageOf(modifiedAtMs) >= 0 && ageOf(modifiedAtMs) < UNSETTLED_MS;

  /** Brings `version` up to date with the file. Returns whether it may still be in the making. */
  const refresh = (): boolean => {
    const seen = look(path);
    if (seen === null) {
      latest = null;
      version = none;
      return false;
    }
    const isUnsettled = isYoung(seen.modifiedAtMs);
    if (latest?.stamp === seen.stamp && latest.isSettled) return isUnsettled;
    const read = readOwn(path);
    const text = 'text' in read ? read.text : null;
    const digest = digestOf('text' in read ? read.text : `\0${read.fault}`);
    if (version.digest !== digest) {
      version = { digest, text, parsed: 'text' in read ? parse(read.text) : read };
    }
    // A clock that was set back proves nothing.
    latest = { stamp: seen.stamp, isSettled: ageOf(seen.modifiedAtMs) >= UNSETTLED_MS };
    return isUnsettled;
  };

  const lastGood = (content: string | null): T | null => {
    if (content === null) return null;
    if (accepted?.content !== content) {
      const parsed = parse(content);
      if (!('ok' in parsed)) return null;
      accepted = { content, value: parsed.ok };
    }
    return accepted.value;
  };

  const writeDown = (digest: string | null, text: string | null, isRight: boolean): void => {
    parts.audit.write({
      event: `${basename(name, extname(name))}.changed`,
      conversationId: '',
      personId: '',
      decision: digest === null ? 'gone' : isRight ? 'accepted' : 'refused',
      details: { digest: text === null ? null : digest },
    });
  };

  /** Writes down what is seen for the first time, and has it told. */
  const note = (row: typeof acceptedFiles.$inferSelect | undefined): void => {
    const { digest, text, parsed } = version;
    const wasFaulty = row?.isFaulty === true;
    writeDown(digest, text, 'ok' in parsed);
    if (digest === null) {
      orm.delete(acceptedFiles).where(isIt).run();
      parts.onMended(`**${name}** is gone: what comes with Claudio counts now.`);
      return;
    }
    const change =
      'ok' in parsed
        ? { seen: digest, isFaulty: false, content: text, acceptedAtMs: clock.now() }
        : { seen: digest, isFaulty: true };
    orm
      .insert(acceptedFiles)
      .values({ name, ...change })
      .onConflictDoUpdate({ target: acceptedFiles.name, set: change })
      .run();
    if ('ok' in parsed) {
      if (wasFaulty) parts.onMended(`**${name}** is right again, and in force.`);
      return;
    }
    const meanwhile =
      lastGood(row?.content ?? null) === null
        ? `There is no earlier version of it that was right, so what comes with Claudio${fallback === initial ? '' : ', at its strictest,'} is in force until you correct it.`
        : 'The version before stays in force until you correct it.';
    parts.onFault(`**${name}** cannot be used. ${parsed.fault} ${meanwhile}`);
  };

  return {
    current: () => {
      const isUnsettled = refresh();
      const { digest, parsed } = version;
      const row = find.get();
      const isKnown = (row?.seen ?? null) === digest;
      if (!isKnown && ('ok' in parsed || !isUnsettled)) database.transaction(() => note(row));
      return 'ok' in parsed ? parsed.ok : (lastGood(row?.content ?? null) ?? fallback);
    },
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
