import { existsSync, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { onTestFinished } from 'vitest';
import * as schema from '../../drizzle/schema.ts';
import type { ModelRequest } from '../standins/model/request.ts';
import type { ModelReply } from '../standins/model/reply.ts';
import type { ModelStandin } from '../standins/model/model.ts';

/** The database of a service that runs or ran on this home, to look at and not to change. */
export function readDatabase(home: string) {
  const sqlite = new BetterSqlite3(join(home, 'claudio.db'), { readonly: true });
  onTestFinished(() => void sqlite.close());
  return drizzle(sqlite, { schema });
}

/** The message that a prompt asks the model to answer, as it stands in its tags. */
export function questionIn(request: ModelRequest): string {
  const found = /The message to answer:\n\n<claudio-message [^>]*>\n([^]*)\n<\/claudio-message>$/u;
  const question = found.exec(request.prompt)?.[1];
  if (question === undefined) throw new Error(`no question in ${request.prompt}`);
  return question;
}

/** Lets the model take its next request and keep silent until it is told what to say. */
export function holdModel(model: ModelStandin): {
  /** Resolves when the model was asked. */
  readonly asked: Promise<ModelRequest>;
  reply(reply: ModelReply): void;
} {
  const asked = Promise.withResolvers<ModelRequest>();
  const reply = Promise.withResolvers<ModelReply>();
  model.answerWith((request) => {
    asked.resolve(request);
    return reply.promise;
  });
  return { asked: asked.promise, reply: reply.resolve };
}

/** Resolves when a file is there. Its folder has to be. */
export function fileAppears(path: string): Promise<void> {
  return fileIs(path, () => existsSync(path));
}

/** Resolves when there is something in a file: one that is appended to is there a moment before that. */
export function fileGrows(path: string): Promise<void> {
  return fileIs(path, () => existsSync(path) && statSync(path).size > 0);
}

function fileIs(path: string, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isSo()) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(dirname(path), look);
    onTestFinished(() => watcher.close());
    look();
  });
}

/**
 * The processes on this machine that runs of this home's services started, whoever their parent is by
 * now: each has a marker in its environment that begins with the id of the start.
 */
export function processesOf(home: string): readonly number[] {
  const boots = readDatabase(home).select().from(schema.boots).all();
  return environments().flatMap(({ pid, text }) =>
    boots.some(({ id }) => text.includes(`CLAUDIO_TURN=${id}.`)) ? [pid] : [],
  );
}

function environments(): readonly { readonly pid: number; readonly text: string }[] {
  if (!existsSync('/proc/self/environ')) {
    const { stdout } = spawnSync('ps', ['axeww', '-o', 'pid=,command='], { encoding: 'utf8' });
    return stdout.split('\n').map((text) => ({ pid: Number.parseInt(text, 10), text }));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name) => {
      const text = readIfThere(`/proc/${name}/environ`);
      return text === null ? [] : [{ pid: Number(name), text }];
    });
}

/** A process may end, or belong to somebody else, before its file is read. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}
