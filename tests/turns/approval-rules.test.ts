import { expect, test } from 'vitest';
import type { Role } from '../../src/core/role.ts';
import { mayDo } from '../../src/policy/roles.ts';
import { createApprovalRules, countsFor } from '../../src/turns/approval-rules.ts';
import { conversation } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const SCOPE = { folder: '/srv/www', tool: 'Edit', pattern: '' };

test('what somebody always allows counts for their own turns, and for everybody as long as they may allow that', () => {
  const { database, clock } = turnWorld();
  const rules = createApprovalRules(database, clock);
  const roles: Record<string, Role> = { '42': 'owner', '43': 'member', '44': 'member' };
  const access = {
    may: ({ id }: { id: string }, _: unknown, action: Parameters<typeof mayDo>[1]) =>
      mayDo(roles[id] ?? null, action),
  };
  const find = (personId: string | null) =>
    rules.find(SCOPE, countsFor(personId, conversation(), access));
  expect(rules.add(SCOPE, '43')).toBe(1);
  expect(rules.add(SCOPE, '43')).toBe(1);
  expect(['42', '43', '44', 'shell', null].map(find)).toEqual([null, 1, null, null, null]);
  expect(rules.add(SCOPE, '42')).toBe(2);
  expect(['42', '44', 'shell', null].map(find)).toEqual([2, 2, 2, 2]);
  roles['42'] = 'member';
  expect(['42', '43', '44', null].map(find)).toEqual([2, 1, null, null]);
});
