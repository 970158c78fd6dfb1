import { Option, type Command } from 'commander';
import type { AuditOptions } from '../audit.ts';
import { wholeNumber, type Run } from './run.ts';

/** Declares what shows what was refused, asked, done and decided. */
export function addAudit(program: Command, run: Run): void {
  program
    .command('audit')
    .description('what was refused, asked, done and decided; the newest last')
    .option('--since <time>', 'such as 2d, 12h, 2026-11-01 or 2026-11-01T08:30')
    .option('--limit <count>', 'the newest so many', wholeNumber, 50)
    .option('--person <id>', 'what this person caused, by the id that Telegram has for them')
    .option('--event <prefix>', 'what begins so: command., tool.used')
    .option('--verify', 'look through the whole chain of hashes')
    .option('--head <hash>', 'with --verify: whether this hash, kept from before, is still in it')
    .addOption(new Option('--export <form>', 'all of it, a line each').choices(['jsonl']))
    .option('--json', 'as JSON')
    .action(async (options: AuditOptions) => {
      const { audit } = await import('../audit.ts');
      await run(options, (context) => audit(context, options));
    });
}
