import type { Command } from 'commander';
import type { CommonOptions } from '../context.ts';
import type { Run } from './run.ts';

/** Declares what names the folders that Claude may be sent to work in. */
export function addProject(program: Command, run: Run): void {
  const project = program.command('project').description('folders to work in, by name');
  project
    .command('add <name> <path>')
    .description('add one: /project NAME in a chat chooses it')
    .option('--json', 'as JSON')
    .action(async (name: string, path: string, options: CommonOptions) => {
      const { projectAdd } = await import('../project.ts');
      await run(options, (context) => projectAdd(context, [name, path], options), 'no-turn');
    });
  project
    .command('list')
    .description('all of them, and where they lead')
    .option('--json', 'as JSON')
    .action(async (options: CommonOptions) => {
      const { projectList } = await import('../project.ts');
      await run(options, (context) => projectList(context, options));
    });
  project
    .command('remove <name>')
    .description('take a name away; the folder stays as it is')
    .option('--json', 'as JSON')
    .action(async (name: string, options: CommonOptions) => {
      const { projectRemove } = await import('../project.ts');
      await run(options, (context) => projectRemove(context, name, options), 'no-turn');
    });
}
