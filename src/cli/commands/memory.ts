import { Option, type Command } from 'commander';
import { MEMORY_KINDS, type MemoryKind } from '../../core/memory.ts';
import type { CommonOptions } from '../context.ts';
import { chatId, wholeNumber, type Run } from './run.ts';

const CHAT = 'of this chat, by its id';
const FOUND_COUNT = 10;
const LISTED_COUNT = 20;

/** Declares what shows, moves and forgets what is remembered. */
export function addMemory(program: Command, run: Run): void {
  const memory = program.command('memory').description('what is remembered');
  memory
    .command('setup')
    .description('fetch the model that finds memories by their meaning')
    .action(async () => {
      const { memorySetup } = await import('../memory-setup.ts');
      await run({}, memorySetup);
    });
  memory
    .command('list')
    .description('what is remembered, newest first')
    .addOption(new Option('--kind <kind>', 'only events, facts or how-tos').choices(MEMORY_KINDS))
    .option('--all', 'what is history by now too')
    .option('--limit <count>', 'at most so many', wholeNumber, LISTED_COUNT)
    .option('--chat <id>', CHAT, chatId)
    .option('--json', 'as JSON')
    .action(
      async (
        options: CommonOptions & { kind?: MemoryKind; all?: boolean; limit: number; chat?: string },
      ) => {
        const { memoryList } = await import('../memory.ts');
        await run(options, (context) => memoryList(context, options));
      },
    );
  memory
    .command('search <text>')
    .description('find by meaning and words, and say why; in your chat unless --chat names another')
    .option('--limit <count>', 'at most so many', wholeNumber, FOUND_COUNT)
    .option('--chat <id>', CHAT, chatId)
    .option('--json', 'as JSON')
    .action(async (text: string, options: CommonOptions & { limit: number; chat?: string }) => {
      const { memorySearch } = await import('../memory.ts');
      await run(options, (context) => memorySearch(context, text, options));
    });
  addTransfer(memory, run);
  memory
    .command('forget [text]')
    .description('forget for good: what has all these words, or what --id names')
    .option('--id <id...>', 'those with these numbers', ids)
    .option('--chat <id>', CHAT, chatId)
    .option('-y, --yes', 'ask nothing')
    .action(
      async (
        text: string | undefined,
        options: CommonOptions & { id?: readonly number[]; chat?: string },
      ) => {
        const { memoryForget } = await import('../memory-forget.ts');
        await run(options, (context) => memoryForget(context, text, options));
      },
    );
  memory
    .command('stats')
    .description('how much is remembered, and what that took')
    .option('--json', 'as JSON')
    .action(async (options: CommonOptions) => {
      const { memoryStats } = await import('../memory-stats.ts');
      await run(options, (context) => memoryStats(context, options));
    });
  memory
    .command('rebuild')
    .description('make the search indexes anew')
    .action(async () => {
      const { memoryRebuild } = await import('../memory-stats.ts');
      await run({}, memoryRebuild);
    });
}

function addTransfer(memory: Command, run: Run): void {
  memory
    .command('export')
    .description('write everything down, a line of JSON each')
    .option('-F, --file <path>', 'into this file, which only you can read')
    .option('--chat <id>', CHAT, chatId)
    .action(async (options: { file?: string; chat?: string }) => {
      const { memoryExport } = await import('../memory-transfer.ts');
      await run({}, (context) => memoryExport(context, options));
    });
  memory
    .command('import <file>')
    .description('remember what an export says; - reads standard input')
    .option('--chat <id>', 'into this chat, whatever the lines say', chatId)
    .option('--json', 'as JSON')
    .action(async (file: string, options: CommonOptions & { chat?: string }) => {
      const { memoryImport } = await import('../memory-transfer.ts');
      await run(options, (context) => memoryImport(context, file, options));
    });
}

function ids(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, wholeNumber(text)];
}
