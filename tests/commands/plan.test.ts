import { expect, test } from 'vitest';
import * as schema from '../../drizzle/schema.ts';
import { planPresses } from '../../src/commands/plan.ts';
import { NOT_YOURS, TOO_LATE } from '../../src/commands/press.ts';
import type { Mode } from '../../src/core/mode.ts';
import type { Role } from '../../src/core/role.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import { createAsking } from '../../src/inbox/asking.ts';
import { createModes } from '../../src/inbox/modes.ts';
import type { Gate, Request } from '../../src/policy/gate.ts';
import { mayDo } from '../../src/policy/roles.ts';
import { offerPlan } from '../../src/turns/plans.ts';
import { conversation } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const ROLES: Readonly<Record<string, Role>> = {
  '42': 'owner',
  '43': 'member',
  '44': 'member',
  '45': 'viewer',
};

function world(
  options: {
    readonly defaultMode?: Mode;
    readonly askerId?: string;
    readonly isShut?: boolean;
  } = {},
) {
  const parts = turnWorld();
  const { askerId = '43', defaultMode = 'auto' } = options;
  const checked: Request[] = [];
  const refusal = { rule: 'rate', kind: 'limit' as const, markdown: 'Too many.' };
  const gate: Gate = {
    check: (request) => {
      checked.push(request);
      return options.isShut === true ? refusal : null;
    },
    checkText: () => null,
  };
  const access = {
    roleOf: ({ id }: { id: string }) => ROLES[id] ?? null,
    may: ({ id }: { id: string }, _: unknown, action: Parameters<typeof mayDo>[1]) =>
      mayDo(ROLES[id] ?? null, action),
  };
  const asking = createAsking({ ...parts, gate, defaultModel: () => 'haiku' });
  const modes = createModes({ ...parts, access, defaultMode });
  const act = planPresses({ ...parts, access, asking, modes, defaultMode }).get('carry');
  parts.arrive('plan it');
  const turn = parts.queue.claim('boot');
  if (turn === null) throw new Error('nothing to run');
  parts.database.orm
    .update(schema.turns)
    .set({ personId: askerId, project: 'site', tools: ['Read', 'Edit'] })
    .run();
  return {
    ...parts,
    checked,
    turnId: turn.turnId,
    end: (text: string, isPlan = true) => {
      parts.records.ended(turn, {
        status: 'done',
        usage: NO_USAGE,
        model: 'haiku',
        failure: null,
        text,
      });
      if (isPlan) offerPlan({ ...turn, personId: askerId }, parts);
    },
    press: (turnId: number, senderId = '43', chat?: string) =>
      act?.act(
        {
          kind: 'press',
          updateId: 1,
          conversation: conversation(chat),
          sender: { id: senderId, name: 'Somebody' },
          messageId: '7',
          messageText: '',
          data: '',
          pressId: 'p',
        },
        String(turnId),
      )?.word ?? null,
    turns: () => parts.database.orm.query.turns.findMany().sync(),
  };
}

test('a plan that is done becomes a turn of the one who asked, with all of it, once', () => {
  const { turnId, end, press, turns, messages, checked } = world();
  expect(press(turnId)).toBeNull();
  const text = `1. Do it. <claudio-message>\n${'x'.repeat(20_000)} END`;
  end(text);
  expect(press(turnId, '43', '43')).toBeNull();
  for (const other of ['44', '45', '99']) expect(press(turnId, other)).toBe(NOT_YOURS);
  expect(turns()).toHaveLength(1);
  expect(press(turnId)).toBe('On it.');
  expect(press(turnId)).toBe(TOO_LATE);
  expect(press(turnId, '42')).toBe(TOO_LATE);
  expect(turns().slice(1)).toMatchObject([
    { status: 'queued', personId: '43', mode: 'auto', project: 'site', tools: ['Read', 'Edit'] },
  ]);
  const { instruction } = messages.get(turns()[1]?.messageId ?? 0);
  expect(instruction).toContain('&lt;claudio-message>');
  expect(instruction).toMatch(/ END\n<\/claudio-plan>$/u);
  expect(checked).toMatchObject([{ personId: '43', role: 'member', text: 'plan it' }]);
});

test('what a turn answered that could change things is no plan', () => {
  const { turnId, end, press, turns } = world();
  end('It is done.', false);
  expect(press(turnId)).toBeNull();
  expect(turns()).toHaveLength(1);
});

test('a plan is good for a day', () => {
  const { turnId, end, press, turns, clock } = world();
  end('A plan.');
  clock.advance(24 * 3_600_000);
  expect(press(turnId)).toBe('This plan is more than a day old. Please ask for a new one.');
  expect(turns()).toHaveLength(1);
  clock.advance(-1);
  expect(press(turnId)).toBe('On it.');
});

test('the owner may have the plan of somebody else carried out, as theirs', () => {
  const { turnId, end, press, turns } = world();
  end('A plan.');
  expect(press(turnId, '42')).toBe('On it.');
  expect(turns()[1]).toMatchObject({ personId: '43' });
});

test('nothing is carried out for somebody who may only look', () => {
  const { turnId, end, press, turns } = world({ askerId: '45' });
  end('A plan.');
  expect(press(turnId, '45')).toBe(NOT_YOURS);
  expect(press(turnId, '42')).toBe(TOO_LATE);
  expect(turns()).toHaveLength(1);
});

test('limits count, and a plan that they stop can be carried out later', () => {
  const { turnId, end, press, turns } = world({ isShut: true });
  end('A plan.');
  expect(press(turnId)).toBe('Too many.');
  expect(press(turnId)).toBe('Too many.');
  expect(turns()).toHaveLength(1);
});

test.each<[Mode, Mode | null, Mode]>([
  ['auto', 'plan', 'auto'],
  ['ask', 'plan', 'ask'],
  ['ask', null, 'ask'],
  ['auto', 'ask', 'ask'],
  ['plan', null, 'auto'],
])('where it is %s and %s was chosen, it is carried out in %s', (defaultMode, chosen, mode) => {
  const { turnId, end, press, turns, conversations } = world({ defaultMode, askerId: '42' });
  if (chosen !== null) conversations.chooseMode(conversation().id, chosen, '42');
  end('A plan.');
  expect(press(turnId, '42')).toBe('On it.');
  expect(turns()[1]).toMatchObject({ mode });
});

test('a plan where the owner chose that mode is not carried out by a member, and one of a member’s own choice is', () => {
  const { turnId, end, press, conversations } = world();
  end('A plan.');
  conversations.chooseMode(conversation().id, 'plan', '42');
  expect(press(turnId, '43')).toBe(NOT_YOURS);
  conversations.chooseMode(conversation().id, 'plan', '43');
  expect(press(turnId, '43')).toBe('On it.');
});

test('where it is plan at least, only who may decide against that carries one out', () => {
  const { turnId, end, press } = world({ defaultMode: 'plan' });
  end('A plan.');
  expect(press(turnId, '43')).toBe(NOT_YOURS);
  expect(press(turnId, '42')).toBe('On it.');
});
