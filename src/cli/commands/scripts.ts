import type { Command } from 'commander';
import type { CommonOptions } from '../context.ts';
import type { Run } from './run.ts';

/** Declares what scripts and cron use. */
export function addScripts(program: Command, run: Run): void {
  program
    .command('send [text]')
    .description('send a message to your chat; without a text it is read from standard input')
    .option('-F, --file <path>', 'a file to send with it')
    .action(async (text: string | undefined, options: { file?: string }) => {
      const { send } = await import('../send.ts');
      await run({}, (context) => send(context, text, options));
    });
  program
    .command('ask [prompt]')
    .description('ask Claude: the answer comes here and in your chat')
    .option('--json', 'as JSON')
    .action(async (prompt: string | undefined, options: CommonOptions) => {
      const { ask } = await import('../ask.ts');
      await run(options, (context) => ask(context, prompt, options));
    });
}
