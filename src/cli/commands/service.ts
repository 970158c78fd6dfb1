import type { Command } from 'commander';
import type { CommonOptions } from '../context.ts';
import { wholeNumber, type Run } from './run.ts';

/** Declares what stops, restarts and shows the service, and what lets one look into it. */
export function addService(program: Command, run: Run): void {
  program
    .command('restart')
    .description('restart the service; running turns may finish')
    .action(async () => {
      const { restart } = await import('../service.ts');
      await run({}, restart, 'no-turn');
    });
  program
    .command('reload')
    .description('let the service take its bots as they are set up now, without a stop')
    .action(async () => {
      const { reload } = await import('../reload.ts');
      await run({}, reload, 'no-turn');
    });
  program
    .command('stop')
    .description('stop the service; running turns may finish')
    .action(async () => {
      const { stop } = await import('../service.ts');
      await run({}, stop, 'no-turn');
    });
  program
    .command('status')
    .description('how everything is, in a line each')
    .option('--json', 'as JSON')
    .action(async (options: CommonOptions) => {
      const { status } = await import('../status.ts');
      await run(options, (context) => status(context, options));
    });
  program
    .command('console')
    .description(
      'print a link to the pages that show what happens, for the browser on this machine',
    )
    .option('--open', 'open it in your browser as well')
    .option('--json', 'as JSON')
    .action(async (options: CommonOptions & { open?: boolean }) => {
      const { openConsole } = await import('../console.ts');
      await run(options, (context) => openConsole(context, options), 'no-turn');
    });
  program
    .command('log')
    .description('print the log, readable')
    .option('-f, --follow', 'go on as it grows')
    .option('-n, --lines <count>', 'how many lines', wholeNumber, 50)
    .option('--level <level>', 'only this level and worse: debug, info, warn, error')
    .option('--turn <id>', 'only what belongs to one turn', wholeNumber)
    .option('--json', 'as the JSON lines that they are')
    .action(
      async (
        options: CommonOptions & {
          follow?: boolean;
          lines: number;
          level?: string;
          turn?: number;
        },
      ) => {
        const { log } = await import('../log.ts');
        await run(options, (context) => log(context, options));
      },
    );
}
