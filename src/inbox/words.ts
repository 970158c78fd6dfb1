import { type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { StoredAttachment } from './messages.ts';

/** A column with words behind it, on a line of their own; null stays null. */
export function withWords(column: SQLiteColumn, words: string): SQL {
  if (words.trim() === '') return sql`${column}`;
  return sql`case when trim(${column}) = '' then ${words} else ${column} || char(10) || ${words} end`;
}

/** What was written with each part, then what is said in the recordings among them: see `withWords`. */
export function wordsOf(rows: readonly StoredAttachment[]): string {
  return [...rows.map(({ caption }) => caption), ...rows.map(({ transcript }) => transcript)]
    .filter((words) => words !== null && words.trim() !== '')
    .join('\n');
}
