#!/usr/bin/env node
// A program as `claudio update` knows one: it tells its version, can be tried, and runs as a service on
// a real database of Claudio. How it behaves stands in behaviour.json beside its package.json.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { mendInstallation } from './ops/update/mend.js';

if (mendInstallation(import.meta.dirname) === 'under-way') process.exit(75);

const root = join(import.meta.dirname, '../..');
const read = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const { version } = read('package.json');
const {
  migration = null,
  trial = 'well',
  start = 'well',
  accepts = false,
} = read('behaviour.json');
// It comes with the release, as all that is needed does.
if (readFileSync(join(root, 'node_modules/marker'), 'utf8') !== version) throw new Error('mixed');
const home = process.env.CLAUDIO_HOME;

function openDatabase() {
  const database = new DatabaseSync(join(home, 'claudio.db'), { timeout: 2000 });
  const applied = database
    .prepare('SELECT created_at AS at FROM __drizzle_migrations WHERE created_at > 9e12')
    .all();
  if (applied.some(({ at }) => at !== migration)) throw new Error('the database is newer');
  if (migration !== null && applied.length === 0) {
    database
      .prepare("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('made up', ?)")
      .run(migration);
    database.exec('CREATE TABLE later (id INTEGER)');
  }
  return database;
}

const command = process.argv[2];
if (command === 'version') {
  console.log(version);
} else if (command === 'trial') {
  const database = openDatabase();
  if (trial === 'broken') throw new Error('it fell over');
  const reason = trial === 'ill' ? 'database: it is not well' : null;
  database.close();
  console.log(JSON.stringify({ version, reason, report: {} }));
  process.exitCode = reason === null ? 0 : 1;
} else if (command === 'start') {
  if (start === 'broken') throw new Error('it fell over');
  const database = openDatabase();
  if (accepts) {
    database.exec(
      "INSERT OR IGNORE INTO updates (source, update_id, received_at_ms) VALUES ('telegram:1', 77, 77)",
    );
  }
  const check = start === 'ill' ? { ok: false, remedy: 'It is broken.' } : { ok: true };
  const report = { status: check.ok ? 'ok' : 'failing', version, uptimeSeconds: 0 };
  createServer((_, response) => {
    response.end(
      JSON.stringify({ ...report, pid: process.pid, home, checks: { database: check } }),
    );
  }).listen(Number(process.env.PORT), '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
}
