import { Command } from 'commander';
import { packageVersion } from '../platform/package.ts';
import { addAccess } from './commands/access.ts';
import { addAudit } from './commands/audit.ts';
import { addCare } from './commands/care.ts';
import { addMemory } from './commands/memory.ts';
import { addProject } from './commands/project.ts';
import type { Run } from './commands/run.ts';
import { addScripts } from './commands/scripts.ts';
import { addService } from './commands/service.ts';
import { addSetup } from './commands/setup.ts';

/**
 * The command line. Each command loads what it needs only when it is run.
 *
 * @returns The exit code, or `restart` where the program is to be started again in its place.
 */
export async function runProgram(argv: readonly string[]): Promise<number | 'restart'> {
  let exitCode: number | 'restart' = 0;
  const run: Run = async (options, work, runsIn) => {
    const { runCommand } = await import('./context.ts');
    exitCode = await runCommand(options, work, runsIn);
  };
  const program = new Command('claudio')
    .description('Talk to Claude Code on your own machine from Telegram.')
    .version(packageVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpCommand(
      new Command('help')
        .argument('[command]')
        .description('print the help of a command')
        .helpGroup('Other:'),
    )
    .showHelpAfterError('(claudio --help lists the commands)');

  program.commandsGroup('Setting up:');
  addSetup(program, run);
  program.commandsGroup('Running:');
  program
    .command('start')
    .description('run the service in the foreground')
    .action(async () => {
      const { start } = await import('./start.ts');
      exitCode = await start();
    });
  addService(program, run);
  program.commandsGroup('Looking after it:');
  addCare(program, run);
  addMemory(program, run);
  addProject(program, run);
  addAccess(program, run);
  addAudit(program, run);
  program.commandsGroup('From scripts:');
  addScripts(program, run);
  program
    .command('trial', { hidden: true })
    .option('--expect <checks>', 'the checks that have to be well')
    .action(async (options: { expect?: string }) => {
      const { trial } = await import('./trial.ts');
      await run({}, (context) => trial(context, options));
    });
  program.commandsGroup('Other:');
  program
    .command('version')
    .description('print the version')
    .action(() => {
      process.stdout.write(`${packageVersion()}\n`);
    });

  await program.parseAsync(argv, { from: 'user' });
  return exitCode;
}
