import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDatabase, type Database } from '../../src/platform/database/open.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A real database in a file of its own, closed when the test has ended. */
export function testDatabase(): Database {
  const database = openDatabase(join(temporaryFolder(), 'claudio.db'));
  onTestFinished(() => database.close());
  return database;
}
