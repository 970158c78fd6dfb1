import { expect, test } from 'vitest';
import { createCommands } from '../../src/app/commands.ts';
import { unknownCommand } from '../../src/commands/help.ts';
import { createUsageReport } from '../../src/turns/usage.ts';
import { turnWorld } from '../support/turns.ts';

function all() {
  const world = turnWorld();
  const usage = createUsageReport(world.database);
  return createCommands({ ...world, usage, defaultModel: () => 'haiku', defaultProgress: 'brief' });
}

test('every command has a name of its own and a description that Telegram takes', () => {
  const commands = all();
  const names = commands.map(({ name }) => name);
  expect(names.toSorted()).toEqual(
    [
      'start',
      'help',
      'access',
      'listen',
      'haiku',
      'sonnet',
      'opus',
      'mode',
      'model',
      'new',
      'stop',
      'project',
      'queue',
      'status',
      'usage',
      'verbose',
      'memory',
      'remember',
      'forget',
    ].toSorted(),
  );
  expect(new Set(names).size).toBe(names.length);
  for (const { name, description } of commands) {
    expect(name).toMatch(/^[a-z0-9_]{1,32}$/u);
    expect(description).toMatch(/^\S.{2,254}\S$/u);
  }
});

test('a misspelt command gets the one that was meant, and the list; a made-up one gets the list alone', () => {
  const commands = all();
  for (const [typed, meant] of [
    ['statu', 'status'],
    ['qeue', 'queue'],
    ['hlep', 'help'],
    ['sotp', 'stop'],
    ['modle', 'model'],
    ['sonet', 'sonnet'],
  ] as const) {
    expect(unknownCommand(typed, commands), typed).toMatch(
      new RegExp(`^There is no such command\\. Did you mean /${meant}\\?\n\n/stop – `, 'u'),
    );
  }
  expect(unknownCommand('frobnicate', commands)).toMatch(
    /^There is no such command\.\n\n\/stop – /u,
  );
  expect(unknownCommand('', commands)).toMatch(/^There is no such command\.\n\n\/stop – /u);
});
