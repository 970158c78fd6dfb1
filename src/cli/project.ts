import { addProject, listProjects, removeProject } from '../app/from-shell/project.ts';
import { OBJECTIONS } from '../policy/folders.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';

/** `claudio project add` @throws ClaudioError as {@link addProject} does. */
export async function projectAdd(
  context: CliContext,
  [name, path]: readonly [name: string, path: string],
  options: CommonOptions,
): Promise<number> {
  const added = await addProject(context.environment, name, path);
  if (options.json === true) context.print(JSON.stringify(added, null, 2));
  else {
    const link = added.leadsTo === added.path ? '' : `, which is ${added.leadsTo}`;
    context.ui.done(`Added ${name}: ${added.path}${link}`);
    context.ui.say(`In a chat, /project ${name} works there.`);
  }
  return EXIT.ok;
}

/** `claudio project list`: 1 where one of them cannot be worked in. */
export async function projectList(context: CliContext, options: CommonOptions): Promise<number> {
  const projects = await listProjects(context.environment);
  if (options.json === true) context.print(JSON.stringify(projects, null, 2));
  else if (projects.length === 0) {
    context.ui.say('There is no project yet. `claudio project add NAME PATH` adds one.');
  }
  const width = Math.max(0, ...projects.map(({ name }) => name.length));
  for (const { name, path, state, leadsTo, usedCount } of options.json === true ? [] : projects) {
    const link = leadsTo === null || leadsTo === path ? '' : ` (${leadsTo})`;
    const fault = state === 'ok' ? '' : `: ${OBJECTIONS[state]}`;
    const used = usedCount === 0 ? '' : `, ${conversations(usedCount)}`;
    context.print(`${name.padEnd(width)}  ${path}${link}${fault}${used}`);
  }
  return projects.every(({ state }) => state === 'ok') ? EXIT.ok : EXIT.failed;
}

/** `claudio project remove` @throws ClaudioError as {@link removeProject} does. */
export async function projectRemove(
  context: CliContext,
  name: string,
  options: CommonOptions,
): Promise<number> {
  const removed = await removeProject(context.environment, name);
  if (options.json === true) context.print(JSON.stringify(removed, null, 2));
  else {
    context.ui.done(`Removed ${name}. Its folder is as it was.`);
    if (removed.usedCount > 0) {
      const who = conversations(removed.usedCount);
      context.ui.warn(
        `It was chosen in ${who}: nothing runs there until /project chooses another.`,
      );
    }
  }
  return EXIT.ok;
}

function conversations(count: number): string {
  return `${count} ${count === 1 ? 'conversation' : 'conversations'}`;
}
