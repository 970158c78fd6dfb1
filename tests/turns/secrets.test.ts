import { expect, test } from 'vitest';
import { createMask } from '../../src/core/mask.ts';
import { UNUSABLE_NOW } from '../../src/core/turn.ts';
import { verifyAudit } from '../../src/policy/audit-verify.ts';
import { MASKED_IN_HISTORY } from '../../src/inbox/masking.ts';
import { createWorker } from '../../src/turns/worker.ts';
import { inboundMessage } from '../support/inbound.ts';
import { answered, turnWorld, type Work } from '../support/turns.ts';

/** Nothing that looks like a secret stands in the repository: what does is put together here. */
const KEY = ['gh', 'p_', 'aB3dE5fG7h'.repeat(4)].join('');
const TOKEN = ['1:own', 'test', 'token'].join('-');
const DIGEST = 'd'.repeat(64);

const readPrivateWords: Work = async function* () {
  yield use('Running cat very-private-words.txt');
  yield { type: 'completed', outcome: answered('Very private answer.', { costUsd: 0.25 }) };
};

/** A turn for a message, run to its end. */
async function turnOf(text: string, work: Work, keepsAuditText = false) {
  const world = turnWorld({ work, mask: createMask(() => [TOKEN]), keepsAuditText });
  const ended = Promise.withResolvers<void>();
  const worker = createWorker({
    ...world,
    bootId: 'boot',
    maxConcurrentTurns: 1,
    ended: ended.resolve,
  });
  const turnId = world.arrive(text);
  worker.wake();
  await ended.promise;
  const { orm } = world.database;
  const everything = JSON.stringify([
    orm.query.deliveries.findMany().sync(),
    orm.query.messages.findMany().sync(),
    orm.query.toolUses.findMany().sync(),
    orm.query.turns.findMany().sync(),
    orm.query.audit.findMany().sync(),
    orm.$client.prepare("SELECT * FROM messages_search WHERE messages_search MATCH 'masked'").all(),
  ]);
  return { world, turnId, everything, entries: orm.query.audit.findMany().sync() };
}

const use = (summary: string) => ({
  type: 'progress' as const,
  progress: {
    kind: 'tool-began' as const,
    toolUse: { id: '1', tool: 'Bash', summary, inputDigest: DIGEST },
  },
});

test('no key of an answer or of a use of a tool reaches the chat, the history or the audit log', async () => {
  const { world, everything } = await turnOf('which keys are there?', async function* () {
    yield use(`Running curl -H "x: ${KEY}"`);
    yield use(`Running curl https://example.org/${'a'.repeat(120)}/${KEY.slice(0, 18)}…`);
    yield { type: 'completed', outcome: answered(`One is \`${KEY}\`, mine **${TOKEN}**.`) };
  });
  const [told] = world.told();
  expect(told).toBe(
    'One is `‹masked: GitHub token›`, mine **‹masked: my own secret›**.\n\n🔒 I masked 2 things that look like keys.',
  );
  expect(world.database.orm.query.messages.findMany().sync().at(-1)?.text).toBe(told);
  expect(everything).toContain('Running curl -H \\"x: ‹masked: GitHub token›\\"');
  expect(everything).not.toContain(KEY.slice(0, 18));
  expect(everything).not.toContain(TOKEN);
});

test("a key in a person's own message is there for Claude, and masked in the history when its turn is done", async () => {
  let prompt = '';
  const { world, everything } = await turnOf(`use ${KEY} for it`, async function* (request) {
    prompt = await request.prompt;
    yield { type: 'completed', outcome: answered('Done.') };
  });
  expect(prompt).toContain(KEY);
  expect(world.told()).toEqual([`Done.\n\n${MASKED_IN_HISTORY}`]);
  expect(everything).not.toContain(KEY);
  const [asked] = world.database.orm.query.messages.findMany().sync();
  expect(asked?.text).toBe('use ‹masked: GitHub token› for it');
  const found = world.database.orm.$client.prepare(
    'SELECT rowid FROM messages_search WHERE messages_search MATCH ?',
  );
  expect(found.all(`"${KEY}"`)).toEqual([]);
  expect(found.pluck().all('masked')).toContain(asked?.id);
});

const failing = (code: string): Work =>
  async function* () {
    const outcome = { kind: 'failed', failure: { code }, detail: '', model: 'haiku' };
    yield { type: 'completed', outcome: { ...outcome, usage: answered('').usage } as never };
  };

test('a key in a message is still there for another try with the same words, and masked where none is offered', async () => {
  const { world, everything } = await turnOf(`use ${KEY} for it`, failing(UNUSABLE_NOW));
  expect(everything).toContain(KEY);
  const { messages, database, queue } = world;
  const textOf = (at: number) => database.orm.query.messages.findMany().sync().at(at)?.text;
  expect(textOf(0)).toBe(`use ${KEY} for it`);
  // It waits once more, and somebody takes it back.
  const again = queue.requeue(1);
  expect(again.kind).toBe('queued');
  expect(queue.cancel(1)).toBe(true);
  expect(textOf(0)).toBe('use ‹masked: GitHub token› for it');

  const failed = await turnOf(`use ${KEY} for it`, failing('overloaded'));
  expect(failed.everything).not.toContain(KEY);
  expect(failed.world.told().at(-1)).toContain(MASKED_IN_HISTORY);

  // What is a command never was for Claude.
  const command = { name: 'remember', args: `the token ${KEY}` };
  messages.addAside({ ...inboundMessage(9, `/remember the token ${KEY}`), command });
  expect(textOf(-1)).toBe('/remember the token ‹masked: GitHub token›');
});

test('who asked, which tools were used with what digest, and how it ended is written down, without a word of it', async () => {
  const { world, turnId, entries } = await turnOf('very private question', readPrivateWords);
  const place = { conversationId: entries[0]?.conversationId, turnId };
  expect(entries).toMatchObject([
    { ...place, event: 'turn.asked', decision: null, text: null },
    { ...place, event: 'tool.used', details: { tool: 'Bash', inputDigest: DIGEST } },
    {
      ...place,
      event: 'turn.ended',
      decision: 'done',
      details: { model: 'claude-haiku', costUsd: 0.25 },
    },
  ]);
  expect(new Set(entries.map(({ personId }) => personId)).size).toBe(1);
  expect(JSON.stringify(entries)).not.toMatch(/private|words/iu);
  expect(verifyAudit(world.database)).toMatchObject({ kind: 'unbroken', count: 3 });
  const kept = await turnOf(`very private ${KEY}`, readPrivateWords, true);
  expect(kept.entries.map(({ text }) => text)).toEqual([
    'very private ‹masked: GitHub token›',
    null,
    expect.stringContaining('Very private answer.'),
  ]);
});

test('an edit, the labels of buttons and what is read in the place of a voice are masked too, and a notice only once', () => {
  const world = turnWorld({ mask: createMask(() => [TOKEN]) });
  world.arrive('hello');
  const conversation = world.conversations.get(
    world.database.orm.query.conversations.findFirst().sync()?.id ?? '',
  );
  const buttons = [[{ label: `Use ${KEY}`, data: 'x:1' }]];
  world.outbox.edit(conversation, { messageId: '1', markdown: `is ${TOKEN}`, buttons });
  const file = { path: '/x', name: 'a.mp3', kind: 'voice' as const, instead: `it is ${KEY}` };
  world.outbox.say(conversation, { markdown: '', files: [file], replyTo: null, buttons });
  const parts = world.database.orm.query.deliveries
    .findMany()
    .sync()
    .map(({ part }) => part);
  expect(parts).toMatchObject([
    {
      markdown: 'is ‹masked: my own secret›',
      buttons: [[{ label: 'Use ‹masked: GitHub token›' }]],
    },
    {
      markdown: '🔒 I masked 2 things that look like keys.',
      files: [{ instead: 'it is ‹masked: GitHub token›' }],
    },
  ]);
});
