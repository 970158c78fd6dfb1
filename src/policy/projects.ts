import { asc, count, eq } from 'drizzle-orm';
import { conversations, projects } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../platform/database/open.ts';

/** A folder to work in, by name. */
export interface Project {
  readonly name: string;
  /** Absolute, as it was given: what it leads to is looked up when it is worked in. */
  readonly path: string;
}

/** The word that stands for no project. */
export const NO_PROJECT = 'none';

/** Whether something may be the name of a project. */
export function isProjectName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,31}$/u.test(name) && name !== NO_PROJECT;
}

/** The rows of the projects. Writes in the caller's transaction. */
export interface ProjectStore {
  /** By name. */
  list(): readonly Project[];
  find(name: string): Project | null;
  /** Returns whether it was added: not where there is one of that name. */
  add(project: Project): boolean;
  /** Returns whether there was one. The conversations that work in it keep its name. */
  remove(name: string): boolean;
  /** How many conversations work in it. */
  usedCount(name: string): number;
}

export function createProjectStore({ orm }: Database, clock: Clock): ProjectStore {
  const shown = { name: projects.name, path: projects.path };
  return {
    list: () => orm.select(shown).from(projects).orderBy(asc(projects.name)).all(),
    find: (name) => orm.select(shown).from(projects).where(eq(projects.name, name)).get() ?? null,
    add: (project) =>
      orm
        .insert(projects)
        .values({ ...project, createdAtMs: clock.now() })
        .onConflictDoNothing()
        .run().changes > 0,
    remove: (name) => orm.delete(projects).where(eq(projects.name, name)).run().changes > 0,
    usedCount: (name) =>
      orm
        .select({ count: count() })
        .from(conversations)
        .where(eq(conversations.project, name))
        .get()?.count ?? 0,
  };
}
