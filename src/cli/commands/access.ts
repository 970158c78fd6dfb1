import { Argument, type Command } from 'commander';
import { ROLES, type Role } from '../../core/role.ts';
import type { AccessOptions } from '../access.ts';
import { chatId, type Run } from './run.ts';

const BOT = 'of this bot, by its name';

/** Declares what shows and changes who may use a bot. */
export function addAccess(program: Command, run: Run): void {
  const access = program.command('access').description('who may use the bot, and for what');
  access
    .command('list')
    .description('who has which role')
    .option('--chat <id>', 'in every chat and in this one, by its id', chatId)
    .option('--bot <name>', BOT)
    .option('--json', 'as JSON')
    .action(async (options: AccessOptions) => {
      const { accessList } = await import('../access.ts');
      await run(options, (context) => accessList(context, options));
    });
  access
    .command('grant <id>')
    .addArgument(new Argument('<role>', 'what they may do').choices(ROLES))
    .description('let somebody in, by the id that Telegram has for them')
    .option('--chat <id>', 'in this chat alone', chatId)
    .option('--bot <name>', BOT)
    .option('--json', 'as JSON')
    .action(async (id: string, role: Role, options: AccessOptions) => {
      const { accessGrant } = await import('../access.ts');
      await run(options, (context) => accessGrant(context, id, role, options), 'no-turn');
    });
  access
    .command('revoke <id>')
    .description('take the role of somebody back')
    .option('--chat <id>', 'in this chat alone', chatId)
    .option('--bot <name>', BOT)
    .option('--json', 'as JSON')
    .action(async (id: string, options: AccessOptions) => {
      const { accessRevoke } = await import('../access.ts');
      await run(options, (context) => accessRevoke(context, id, options), 'no-turn');
    });
}
