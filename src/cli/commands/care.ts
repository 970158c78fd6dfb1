import type { Command } from 'commander';
import type { CommonOptions } from '../context.ts';
import { wholeNumber, type Run } from './run.ts';

/** Declares what looks after an installation. */
export function addCare(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('look at everything in depth')
    .option('--fix', 'mend what can be mended')
    .option('--json', 'as JSON')
    .action(async (options: CommonOptions & { fix?: boolean }) => {
      const { doctor } = await import('../doctor.ts');
      await run(options, (context) => doctor(context, options));
    });
  program
    .command('update')
    .description('update to the newest release, and back where that is not healthy')
    .option('--check', 'only say whether there is one')
    .option('--json', 'as JSON')
    .option('-y, --yes', 'ask nothing')
    .action(async (options: CommonOptions & { check?: boolean }) => {
      const { update } = await import('../update.ts');
      await run(options, (context) => update(context, options));
    });
  program
    .command('health-check')
    .description('what cron runs every five minutes: looks, mends, and tells you')
    .option('--json', 'print what was found, as JSON')
    .action(async (options: CommonOptions) => {
      const { healthCheck } = await import('../health-check.ts');
      await run(options, (context) => healthCheck(context, options));
    });
  addBackup(program, run);
}

const HOURS = 'how many hourly snapshots are kept: as before, at first 24';
const DAYS = 'how many daily snapshots are kept: as before, at first 7';

function addBackup(program: Command, run: Run): void {
  const backup = program
    .command('backup')
    .description('back the home folder up')
    .enablePositionalOptions();
  backup
    .command('now [dest]', { isDefault: true })
    .description('take a snapshot; dest is BACKUP_DEST unless given')
    .option('--hours <count>', HOURS, wholeNumber)
    .option('--days <count>', DAYS, wholeNumber)
    .option('--json', 'as JSON')
    .action(
      async (
        dest: string | undefined,
        options: CommonOptions & { hours?: number; days?: number },
      ) => {
        const { backupNow } = await import('../backup.ts');
        await run(options, (context) => backupNow(context, dest, options));
      },
    );
  const cron = backup.command('cron').description('take a snapshot every hour');
  cron
    .command('install <dest>')
    .description('begin with that')
    .option('--hours <count>', HOURS, wholeNumber)
    .option('--days <count>', DAYS, wholeNumber)
    .action(async (dest: string, options: { hours?: number; days?: number }) => {
      const { backupCronInstall } = await import('../backup.ts');
      await run({}, (context) => backupCronInstall(context, dest, options), 'no-turn');
    });
  cron
    .command('uninstall [dest]')
    .description('end with that')
    .action(async (dest: string | undefined) => {
      const { backupCronUninstall } = await import('../backup.ts');
      await run({}, (context) => backupCronUninstall(context, dest), 'no-turn');
    });
  backup
    .command('status [dest]')
    .description('which snapshots there are')
    .option('--json', 'as JSON')
    .action(async (dest: string | undefined, options: CommonOptions) => {
      const { backupStatus } = await import('../backup.ts');
      await run(options, (context) => backupStatus(context, dest, options));
    });
  backup
    .command('verify [snapshot]')
    .description('check a snapshot, the last one unless named')
    .option('--json', 'as JSON')
    .action(async (snapshot: string | undefined, options: CommonOptions) => {
      const { backupVerify } = await import('../backup.ts');
      await run(options, (context) => backupVerify(context, snapshot, options));
    });
  backup
    .command('restore <snapshot>')
    .description('put a snapshot back; what is in the home now is moved aside')
    .option('-y, --yes', 'ask nothing')
    .action(async (snapshot: string, options: CommonOptions) => {
      const { backupRestore } = await import('../backup.ts');
      await run(options, (context) => backupRestore(context, snapshot), 'no-turn');
    });
}
