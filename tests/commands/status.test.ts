import { expect, test } from 'vitest';
import { conversationOf } from '../../src/core/conversation.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { statusCommands } from '../../src/commands/status.ts';
import { createUsageReport } from '../../src/turns/usage.ts';
import { inboundMessage } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

/** Days and months are those of the machine, and so are these. */
function local(month: number, day: number, hour = 0, minute = 0, second = 0, ms = 0): number {
  return new Date(2026, month - 1, day, hour, minute, second, ms).getTime();
}

function world() {
  const parts = turnWorld();
  const { database, clock, queue, records, arrive } = parts;
  const commandsFor = (access: typeof parts.access) =>
    statusCommands({
      ...parts,
      access,
      usage: createUsageReport(database),
      defaultModel: () => 'haiku',
    });
  const commands = commandsFor(parts.access);
  const answer = (name: string) => {
    const message = inboundMessage(1, `/${name}`);
    parts.conversations.ensure(message.conversation);
    return commands.find((command) => command.name === name)?.run(message, '').markdown ?? '';
  };
  const turn = (endedAtMs: number, costUsd: number, model = 'claude-haiku', chat?: string) => {
    arrive('x', chat);
    clock.set(endedAtMs - 2000);
    const claimed = queue.claim('boot');
    if (claimed === null) throw new Error('nothing to run');
    clock.set(endedAtMs);
    database.transaction(() =>
      records.ended(claimed, {
        status: 'done',
        usage: {
          ...NO_USAGE,
          inputTokenCount: 1,
          cacheReadTokenCount: 10,
          cacheWriteTokenCount: 100,
          outputTokenCount: 1000,
          costUsd,
        },
        model,
        failure: null,
        text: 'x',
      }),
    );
  };
  return { ...parts, answer, turn, commandsFor };
}

test('today begins at midnight and the month on its first day, to the millisecond', () => {
  const { clock, answer, turn } = world();
  turn(local(1, 31, 23, 59, 59, 999), 0.25);
  turn(local(2, 1), 0.5);
  turn(local(2, 9, 23, 59, 59, 999), 1);
  turn(local(2, 10), 2, 'claude-opus', '43');
  clock.set(local(2, 10, 12));
  const status = answer('status').split('\n');
  expect(status).toContain('**Today:** 1 turn, 111 tokens in, 1K out, $2.00');
  expect(status).toContain('**This month:** 3 turns, 333 tokens in, 3K out, $3.50');
  // The last turn is that of this conversation.
  expect(status).toContain('**Last turn:** done after 2 s, 12 h ago, claude\\-haiku, $1.00');
  expect(answer('usage').split('\n')).toEqual([
    '**Today:** 1 turn, 111 tokens in, 1K out, $2.00',
    '• claude\\-opus: 1 turn, 111 tokens in, 1K out, $2.00',
    '',
    '**Last 7 days:** 2 turns, 222 tokens in, 2K out, $3.00',
    '• claude\\-opus: 1 turn, 111 tokens in, 1K out, $2.00',
    '• claude\\-haiku: 1 turn, 111 tokens in, 1K out, $1.00',
    '',
    '**This month:** 3 turns, 333 tokens in, 3K out, $3.50',
    '• claude\\-opus: 1 turn, 111 tokens in, 1K out, $2.00',
    '• claude\\-haiku: 2 turns, 222 tokens in, 2K out, $1.50',
  ]);
});

test('who is no owner of the bot sees what they asked for themselves, with this bot', () => {
  const { clock, conversations, database, turn, access, commandsFor } = world();
  const ofOther = conversationOf({ channel: 'telegram', bot: '2', chat: '9', thread: null });
  conversations.ensure(ofOther);
  for (const [personId, where, costUsd] of [
    ['7', '42', 1],
    ['8', '42', 2],
    ['7', '43', 4],
    ['7', '44', 8],
  ] as const) {
    turn(local(2, 10, 9), costUsd, 'claude-haiku', where);
    const id = database.orm.query.turns.findMany().sync().at(-1)?.id;
    const conversationId = where === '44' ? ofOther.id : `telegram:1:${where}`;
    database.orm.$client
      .prepare('UPDATE turns SET person_id = ?, conversation_id = ? WHERE id = ?')
      .run(personId, conversationId, id);
  }
  clock.set(local(2, 10, 12));
  const as = (id: string, mayAdminister: boolean, name: string) => {
    const may = { ...access, may: () => mayAdminister };
    const message = { ...inboundMessage(1, `/${name}`), sender: { id, name: 'Somebody' } };
    return (
      commandsFor(may)
        .find((one) => one.name === name)
        ?.run(message, '').markdown ?? ''
    );
  };
  expect(as('7', false, 'status')).toContain(
    '**Today, yours:** 2 turns, 222 tokens in, 2K out, $5.00',
  );
  expect(as('8', false, 'usage')).toContain(
    '**Today, yours:** 1 turn, 111 tokens in, 1K out, $2.00',
  );
  expect(as('9', false, 'usage')).toContain('**This month, yours:** 0 turns');
  expect(as('8', true, 'usage')).toContain('**Today:** 4 turns, 444 tokens in, 4K out, $15.00');
});

test('the last seven days are today and the six before it', () => {
  const { clock, answer, turn } = world();
  turn(local(2, 3, 23, 59, 59, 999), 1);
  turn(local(2, 4), 2);
  clock.set(local(2, 10, 23, 59, 59, 999));
  expect(answer('usage')).toContain('**Last 7 days:** 1 turn, 111 tokens in, 1K out, $2.00');
});

test('what a turn used over several attempts is added up', () => {
  const { clock, answer, database, turn } = world();
  clock.set(local(2, 10, 12));
  turn(local(2, 10, 12, 1), 0.0204);
  expect(answer('status')).toContain('$0.0204');
  database.orm.$client.prepare("UPDATE turns SET status = 'queued'").run();
  turn(local(2, 10, 12, 2), 0.5);
  expect(answer('status')).toContain('**Today:** 1 turn, 222 tokens in, 2K out, $0.52');
});
