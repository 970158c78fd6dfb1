import type { Command } from 'commander';
import type { CommonOptions } from '../context.ts';
import type { Run } from './run.ts';

/** Declares what scripts and cron use. */
export function addScripts(program: Command, run: Run): void {
  program
    .command('send [text]')
    .description('send a message to your chat; without a text it is read from standard input')
    .option('-F, --file <path>', 'a file to send with it')
    .option('--bot <name>', 'in the chat of this bot, the first one unless named')
    .action(async (text: string | undefined, options: { file?: string; bot?: string }) => {
      const { send } = await import('../send.ts');
      await run({}, (context) => send(context, text, options));
    });
  program
    .command('ask [prompt]')
    .description('ask Claude: the answer comes here and in your chat')
    .option('--json', 'as JSON')
    .option('--bot <name>', 'in the chat of this bot, the first one unless named')
    .action(async (prompt: string | undefined, options: CommonOptions & { bot?: string }) => {
      const { ask } = await import('../ask.ts');
      await run(options, (context) => ask(context, prompt, options));
    });
}
