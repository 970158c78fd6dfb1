import { Command } from 'commander';
import { packageVersion } from '../platform/package.ts';

/**
 * The command line. Each command loads what it needs only when it is run.
 *
 * @returns The exit code, or `restart` where the program is to be started again in its place.
 */
export async function runProgram(argv: readonly string[]): Promise<number | 'restart'> {
  let exitCode: number | 'restart' = 0;
  const program = new Command('claudio')
    .description('Talk to Claude Code on your own machine from Telegram.')
    .version(packageVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(claudio --help lists the commands)');

  program
    .command('start')
    .description('run the service in the foreground')
    .action(async () => {
      const { start } = await import('./start.ts');
      exitCode = await start();
    });

  program
    .command('version')
    .description('print the version')
    .action(() => {
      process.stdout.write(`${packageVersion()}\n`);
    });

  await program.parseAsync(argv, { from: 'user' });
  return exitCode;
}
