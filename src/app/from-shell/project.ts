import { isAbsolute, resolve } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import { nearest } from '../../core/nearest.ts';
import { SHELL_PERSON } from '../../core/role.ts';
import { systemClock } from '../../platform/clock.ts';
import { loadConfiguration, type Environment } from '../../platform/configuration/load.ts';
import { boundsOf, OBJECTIONS, resolveFolder, type Resolved } from '../../policy/folders.ts';
import { createProjectStore, isProjectName, type Project } from '../../policy/projects.ts';
import { withShell } from './open.ts';

/** A project, and what its path leads to now. */
interface ListedProject extends Project {
  readonly state: Resolved['kind'];
  /** Absolute, with links resolved; `null` where it may not be worked in. */
  readonly leadsTo: string | null;
  /** How many conversations are in it. */
  readonly usedCount: number;
}

/**
 * Adds a project.
 *
 * @param path Absolute, or from the present folder.
 * @throws ClaudioError `project.name`, `project.folder`, `project.exists`; what {@link withShell} throws.
 */
export function addProject(environment: Environment, name: string, path: string) {
  return withProjects(environment, async ({ projects, bounds, note, commit }) => {
    if (!isProjectName(name)) throw badName(name);
    const absolute = resolve(path);
    const folder = resolveFolder(absolute, bounds);
    if (folder.kind !== 'ok') throw badFolder(absolute, folder.kind, bounds.roots);
    const isAdded = await commit(() => {
      const added = projects.add({ name, path: absolute });
      if (added) note('project.added', name);
      return added;
    });
    if (!isAdded) {
      throw new ClaudioError({
        code: 'project.exists',
        message: `There is a project ${name} already: ${projects.find(name)?.path ?? ''}.`,
        hint: `Choose another name, or take it away first: \`claudio project remove ${name}\`.`,
      });
    }
    return { name, path: absolute, leadsTo: folder.path };
  });
}

/** All projects, by name. @throws ClaudioError as {@link withShell} does. */
export function listProjects(environment: Environment): Promise<readonly ListedProject[]> {
  return withProjects(environment, ({ projects, bounds }) => {
    const listed = projects.list().map((project) => {
      const folder = resolveFolder(project.path, bounds);
      const leadsTo = folder.kind === 'ok' ? folder.path : null;
      const usedCount = projects.usedCount(project.name);
      return { ...project, state: folder.kind, leadsTo, usedCount };
    });
    return Promise.resolve(listed);
  });
}

/**
 * Takes a project away; the folder stays as it is.
 *
 * @returns How many conversations were in it: they run nothing until they choose another one.
 * @throws ClaudioError `project.unknown`; what {@link withShell} throws.
 */
export function removeProject(environment: Environment, name: string) {
  return withProjects(environment, async ({ projects, note, commit }) => {
    const usedCount = projects.usedCount(name);
    const isGone = await commit(() => {
      const removed = projects.remove(name);
      if (removed) note('project.removed', name);
      return removed;
    });
    if (!isGone) {
      throw unknownProject(
        name,
        projects.list().map((project) => project.name),
      );
    }
    return { name, usedCount };
  });
}

function withProjects<T>(
  environment: Environment,
  work: (parts: {
    readonly projects: ReturnType<typeof createProjectStore>;
    readonly bounds: ReturnType<typeof boundsOf>;
    /** For the audit log. In the transaction of what it tells. */
    readonly note: (event: string, project: string) => void;
    readonly commit: <R>(write: () => R) => Promise<R>;
  }) => Promise<T>,
): Promise<T> {
  return withShell(environment, ({ database, audit, commit, conversation }) =>
    work({
      projects: createProjectStore(database, systemClock),
      bounds: boundsOf(loadConfiguration(environment)),
      note: (event, project) =>
        audit.write({
          event,
          conversationId: conversation.id,
          personId: SHELL_PERSON,
          details: { project },
        }),
      commit,
    }),
  );
}

function badName(name: string): ClaudioError {
  return new ClaudioError({
    code: 'project.name',
    message: `${name} cannot be the name of a project.`,
    hint: 'A name is 1 to 32 small letters, digits, - or _, begins with a letter or a digit, and is not “none”.',
  });
}

function badFolder(
  path: string,
  reason: Exclude<Resolved['kind'], 'ok'>,
  roots: readonly string[],
): ClaudioError {
  const within = [...new Set(roots)].filter((root) => isAbsolute(root)).join(', ');
  return new ClaudioError({
    code: 'project.folder',
    message: `${path} ${OBJECTIONS[reason]}. Nothing was added.`,
    hint:
      reason === 'outside'
        ? `It really has to be in one of these: ${within}. PROJECT_ROOTS sets others.`
        : 'Name another folder, one that is there.',
  });
}

function unknownProject(name: string, names: readonly string[]): ClaudioError {
  const meant = nearest(name, names);
  return new ClaudioError({
    code: 'project.unknown',
    message: `There is no project ${name}.${meant === null ? '' : ` Did you mean ${meant}?`}`,
    hint: '`claudio project list` shows all of them.',
  });
}
