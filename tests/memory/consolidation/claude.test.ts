import { expect, it, onTestFinished } from 'vitest';
import { openRig } from '../../agent/claude/rig.ts';
import { textReply } from '../../standins/model/reply.ts';
import { consolidationWorld, DELAY_MS, judging, proposing } from './world.ts';

it('a batch becomes memories by the real program, which is given no tool and nothing but what is asked', async () => {
  const rig = await openRig({ tools: [], isApart: true });
  onTestFinished(() => rig.close());
  const answers = [
    `\`\`\`json\n${proposing('The port of the printer is 8080.')}\n\`\`\``,
    proposing('The port of the printer is 8081.'),
    judging('contradicts'),
  ];
  rig.model.answerSide(() => textReply(answers.shift() ?? 'no more'));
  const world = consolidationWorld({ agent: rig.agent, workDir: rig.home });
  const [first] = world.exchange('/config The printer is at 8080, see @notes.md', 'Noted.');
  world.clock.advance(DELAY_MS);
  const consolidator = world.open();
  await consolidator.idle();
  expect(world.memories()).toMatchObject([
    { text: 'The port of the printer is 8080.', status: 'live' },
  ]);
  expect(world.store.sources(1)).toMatchObject([{ messageId: first }]);

  world.exchange('It is at 8081 now.', 'Noted.');
  world.clock.advance(DELAY_MS);
  await consolidator.idle();
  expect(world.memories()).toMatchObject([{ status: 'superseded' }, { status: 'live' }]);

  expect(rig.model.requests).toEqual([]);
  expect(rig.model.sideRequests).toHaveLength(3);
  for (const { tools, model } of rig.model.sideRequests) {
    expect(tools).toEqual([]);
    expect(model).toContain('haiku');
  }
  const [asked] = rig.model.sideRequests;
  expect(asked?.system).toContain('You keep the long-term memory of an assistant.');
  expect(asked?.prompt).toContain('/config The printer is at 8080, see \\@notes.md');
  expect(world.calls().every(({ costUsd }) => costUsd > 0)).toBe(true);
  expect(world.calls().map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'judged']);
});
