import { expect, test } from 'vitest';
import { createHandlers } from '../../src/app/handlers.ts';
import { OPEN_GATE } from '../../src/policy/gate.ts';
import { toolWorld } from '../mcp/world.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';

test('who sends a file while something waits to be allowed reads that it comes next', async () => {
  const world = await toolWorld();
  const { call, close } = world.run('do it', undefined, { mode: 'ask' });
  const { queued } = createHandlers({
    ...world,
    gate: OPEN_GATE,
    command: () => null,
    edit: () => false,
    reaction: () => false,
    press: () => '',
    refused: () => undefined,
    pairing: null,
  });
  const file = {
    kind: 'file' as const,
    fileId: 'file-1',
    name: 'a.txt',
    mimeType: null,
    sizeBytes: 1,
    durationMs: null,
    isQuoted: false,
  };
  const send = () => {
    queued({ ...inboundMessage(9, 'this one'), attachments: [file] });
    return String(world.told().at(-1));
  };
  const decided = call('approve', { tool_name: 'Bash', input: { command: 'true' } });
  await expect.poll(() => world.approvals.openFor(conversation().id)).not.toBeNull();
  expect(send()).toBe('I take this next. First I wait for a press on **Allow** or **Deny** above.');
  const saidCount = world.told().length;
  queued(inboundMessage(10, 'words alone'));
  expect(world.told()).toHaveLength(saidCount);
  close();
  await decided.catch(() => null);
  send();
  expect(world.told()).toHaveLength(saidCount);
});
