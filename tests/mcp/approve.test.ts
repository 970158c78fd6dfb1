import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { approvals, turns } from '../../drizzle/schema.ts';
import { DEFAULT_TOOLS } from '../../src/agent/claude/tools.ts';
import { approvalPresses, createDenial } from '../../src/commands/approve.ts';
import { NOT_YOURS, TOO_LATE } from '../../src/commands/press.ts';
import { digestOf } from '../../src/platform/digest.ts';
import { type Gate, OPEN_GATE } from '../../src/policy/gate.ts';
import { mayDo } from '../../src/policy/roles.ts';
import type { Role } from '../../src/core/role.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { toolWorld } from './world.ts';

const OWNER = { id: '42', name: 'Owner_1' };
const MEMBER = { id: '43', name: 'Member' };
const OTHER_MEMBER = { id: '44', name: 'Other' };
const VIEWER = { id: '45', name: 'Viewer' };
const ROLES: Readonly<Record<string, Role>> = {
  [OWNER.id]: 'owner',
  [MEMBER.id]: 'member',
  [OTHER_MEMBER.id]: 'member',
  [VIEWER.id]: 'viewer',
};

async function askingWorld(
  options: { readonly agentTools?: readonly string[]; readonly gate?: Gate } = {},
  askerId: string = OWNER.id,
) {
  const world = await toolWorld(options);
  const access = {
    roleOf: ({ id }: { id: string }) => ROLES[id] ?? null,
    may: ({ id }: { id: string }, _: unknown, action: Parameters<typeof mayDo>[1]) =>
      mayDo(ROLES[id] ?? null, action),
  };
  const { database, approvals: store, outbox, clock, questions } = world;
  const { gate = OPEN_GATE } = options;
  const parts = { approvals: store, access, outbox, database, clock, questions, gate };
  const act = approvalPresses(parts).get('approve');
  const deny = createDenial(parts);
  const open = (over: Parameters<typeof world.run>[2] = {}) => {
    const run = world.run('do it', undefined, { mode: 'ask', personId: askerId, ...over });
    database.orm.update(turns).set({ personId: askerId }).run();
    return {
      ...run,
      decide: async (tool: string, input: unknown): Promise<Record<string, unknown>> => {
        const { text } = await run.call('approve', { tool_name: tool, input, tool_use_id: 't' });
        return JSON.parse(text) as Record<string, unknown>;
      },
    };
  };
  const rows = () => database.orm.select().from(approvals).all();
  return {
    ...world,
    open,
    rows,
    press: (id: number, choice: string, sender = OWNER, chat?: string) => {
      const pressed = database.transaction(() =>
        act?.act(
          {
            kind: 'press',
            updateId: 1,
            conversation: conversation(chat),
            sender,
            messageId: '9',
            messageText: 'as shown',
            data: '',
            pressId: 'p',
          },
          `${id}.${choice}`,
        ),
      );
      store.wake();
      return pressed?.word ?? null;
    },
    write: (text: string, sender = OWNER) => {
      const wasHeard = database.transaction(() => deny({ ...inboundMessage(77, text), sender }));
      store.wake();
      return wasHeard;
    },
    /** Resolves when so many have been asked for and are waited for. */
    asked: (count: number) => expect.poll(() => rows().length, { timeout: 10_000 }).toBe(count),
    parts: () => world.deliveries().map(({ part }) => part),
    audit: () =>
      database.orm.query.audit
        .findMany()
        .sync()
        .filter(({ event }) => event.startsWith('approval.'))
        .map(({ event, personId, details }) => ({ event, personId, ...details })),
  };
}

const edit = (path: string) => ({ file_path: path, old_string: 'old', new_string: 'new\nline' });
const listed = (result: unknown) =>
  (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
const TOUCH = { command: 'touch file', description: 'Makes a file' };

test('a command waits, is shown as it is, and runs once somebody who may allow it does', async () => {
  const world = await askingWorld({}, MEMBER.id);
  const { decide, isWaitingForPerson } = world.open();
  const decided = decide('Bash', { command: 'touch a && echo ``` > b', description: 'A *file*' });
  await world.asked(1);
  expect(world.rows()).toMatchObject([
    {
      status: 'open',
      tool: 'Bash',
      pattern: digestOf('touch a && echo ``` > b'),
      folder: world.workDir,
    },
  ]);
  const [shown] = world.parts();
  expect(shown).toMatchObject({
    buttons: [
      [
        { label: '✅ Allow', data: 'approve:1.once' },
        { label: '🚫 Deny', data: 'approve:1.deny' },
      ],
      [{ label: 'Allow for this turn', data: 'approve:1.turn' }],
      [{ label: 'Always for this project', data: 'approve:1.project' }],
    ],
  });
  expect(String(shown?.['markdown'])).toContain(
    '````bash\ntouch a && echo ``` > b\n````\n\nA \\*file\\*',
  );
  expect(isWaitingForPerson()).toBe(true);
  expect(world.waits).toEqual([true]);

  for (const sender of [OTHER_MEMBER, VIEWER, { id: '99', name: 'Stranger' }]) {
    expect(world.press(1, 'once', sender)).toBe(NOT_YOURS);
  }
  expect(world.press(1, 'once', MEMBER, '43')).toBeNull();
  expect(world.press(2, 'once', MEMBER)).toBeNull();
  expect(world.press(1, 'forever', MEMBER)).toBeNull();
  expect(world.rows()).toMatchObject([{ status: 'open' }]);

  expect(world.press(1, 'once', MEMBER)).toBe('Allowed.');
  expect(await decided).toEqual({
    behavior: 'allow',
    updatedInput: { command: 'touch a && echo ``` > b', description: 'A *file*' },
  });
  expect(world.waits).toEqual([true, false]);
  expect(isWaitingForPerson()).toBe(false);
  expect(world.parts().at(-1)).toMatchObject({ messageId: '9', buttons: [] });
  expect(String(world.parts().at(-1)?.['markdown'])).toMatch(/\*\*✅ Allowed by Member\.\*\*$/u);
  expect(world.press(1, 'deny', MEMBER)).toBe(TOO_LATE);
  expect(world.rows()).toMatchObject([{ status: 'allowed', decidedById: MEMBER.id }]);
  const inputDigest = world.rows()[0]?.inputDigest;
  expect(inputDigest).toMatch(/^[0-9a-f]{64}$/u);
  expect(world.audit()).toEqual([
    { event: 'approval.asked', personId: '', tool: 'Bash', approval: 1, inputDigest },
    {
      event: 'approval.allowed',
      personId: MEMBER.id,
      tool: 'Bash',
      approval: 1,
      inputDigest,
      reach: 'once',
    },
  ]);
});

test('a denial reaches Claude, with the words that somebody wrote who may decide, and a yes in words decides nothing', async () => {
  const world = await askingWorld({}, MEMBER.id);
  const { decide } = world.open();
  const first = decide('Bash', TOUCH);
  await world.asked(1);
  expect(world.write('why?', OTHER_MEMBER)).toBe(false);
  for (const word of ['ok', 'Yes!', 'ja', '👍', 'go ahead.']) {
    expect(world.write(word, MEMBER)).toBe(true);
  }
  expect(world.rows()).toMatchObject([{ status: 'open' }]);
  expect(world.write('Take the other folder', OWNER)).toBe(true);
  expect(await first).toEqual({
    behavior: 'deny',
    message: 'Owner_1 does not allow this, and says: Take the other folder',
  });
  expect(world.messages().at(-1)).toMatchObject({ role: 'person', text: 'Take the other folder' });
  expect(world.write('and another thing', OWNER)).toBe(false);

  const second = decide('Bash', TOUCH);
  await world.asked(2);
  expect(world.press(2, 'deny', MEMBER)).toBe('Denied.');
  expect(await second).toMatchObject({ behavior: 'deny' });
  expect(world.audit().map(({ event }) => event)).toEqual([
    'approval.asked',
    'approval.denied',
    'approval.asked',
    'approval.denied',
  ]);
});

test('several may wait at a time, and each is decided by its own message', async () => {
  const world = await askingWorld();
  const { decide, isWaitingForPerson } = world.open();
  const all = ['one', 'two', 'three'].map((command) => decide('Bash', { command }));
  await world.asked(3);
  const id = (command: string) =>
    world.rows().find(({ pattern }) => pattern === digestOf(command))?.id ?? 0;
  expect(world.press(id('two'), 'once')).toBe('Allowed.');
  expect(await all[1]).toMatchObject({ behavior: 'allow', updatedInput: { command: 'two' } });
  expect(isWaitingForPerson()).toBe(true);
  expect(world.press(id('one'), 'deny')).toBe('Denied.');
  expect(world.press(id('three'), 'once')).toBe('Allowed.');
  expect(await all[0]).toMatchObject({ behavior: 'deny' });
  expect(await all[2]).toMatchObject({ behavior: 'allow', updatedInput: { command: 'three' } });
  expect(world.waits).toEqual([true, false]);
});

test('for this turn: every command of this attempt, and nothing of the next', async () => {
  const world = await askingWorld();
  const run = world.open();
  const first = run.decide('Bash', { command: 'one' });
  await world.asked(1);
  expect(world.press(1, 'turn')).toBe('Allowed for this turn.');
  expect(await first).toMatchObject({ behavior: 'allow' });
  expect(await run.decide('Bash', { command: 'two' })).toMatchObject({ behavior: 'allow' });
  expect(world.audit().at(-1)).toMatchObject({
    event: 'approval.allowed',
    personId: '',
    reach: 'turn',
  });
  const other = run.decide('Write', { file_path: join(world.workDir, 'a.txt'), content: 'x' });
  await world.asked(2);
  world.press(2, 'deny');
  expect(await other).toMatchObject({ behavior: 'deny' });
  world.database.orm.update(turns).set({ attemptCount: 2 }).run();
  const again = world.tools.open({
    turnId: run.turn.turnId,
    attempt: 2,
    conversation: conversation(),
    personId: '42',
    role: 'owner',
    mode: 'ask',
    folder: world.workDir,
    tools: null,
    messageId: run.turn.messageId,
    sendableDirs: [],
    deniedFiles: [],
    isConfined: false,
    waits: () => undefined,
  });
  const { mcpClient } = await import('./client.ts');
  const later = mcpClient(again.server).call('approve', {
    tool_name: 'Bash',
    input: { command: 'three' },
  });
  await world.asked(3);
  again.close();
  expect((await later).text).toContain('"deny"');
});

test('always: this very command in this folder, by a rule that can be taken away, and another one is asked about', async () => {
  const world = await askingWorld();
  const { decide } = world.open();
  const first = decide('Bash', TOUCH);
  await world.asked(1);
  expect(world.press(1, 'project')).toBe('Always allowed here.');
  expect(await first).toMatchObject({ behavior: 'allow' });
  expect(await decide('Bash', { command: 'touch file' })).toMatchObject({ behavior: 'allow' });
  expect(world.audit().at(-1)).toMatchObject({ reach: 'project', rule: 1, personId: '' });
  expect(world.rules.countIn(world.workDir, () => true)).toBe(1);

  for (const [at, input] of [
    { command: 'touch file; rm -rf /' },
    { command: 'touch file ' },
    { ...TOUCH, dangerouslyDisableSandbox: true },
  ].entries()) {
    const decided = decide('Bash', input);
    await world.asked(at + 2);
    expect(world.press(at + 2, 'deny')).toBe('Denied.');
    expect(await decided).toMatchObject({ behavior: 'deny' });
  }
  expect(world.rules.forget(world.workDir, () => true)).toBe(1);
  const asked = decide('Bash', TOUCH);
  await world.asked(5);
  world.press(5, 'deny');
  await asked;
});

test('always for changes to files: within the folder, links followed, and never hidden ones or what instructs Claude', async () => {
  const world = await askingWorld();
  const { workDir } = world;
  const outside = temporaryFolder();
  symlinkSync(outside, join(workDir, 'link'));
  symlinkSync(join(outside, 'not-yet'), join(workDir, 'dangling'));
  mkdirSync(join(workDir, '.git', 'hooks'), { recursive: true });
  writeFileSync(join(workDir, 'there.txt'), 'x');
  const { decide } = world.open();
  const first = decide('Edit', edit(join(workDir, 'there.txt')));
  await world.asked(1);
  expect(String(world.parts().at(-1)?.['markdown'])).toContain(
    'change there\\.txt?**\n\n```diff\n-old\n+new\n+line\n```',
  );
  world.press(1, 'project');
  expect(await first).toMatchObject({ behavior: 'allow' });
  for (const path of ['there.txt', 'new/deep/file.ts']) {
    const write = { file_path: join(workDir, path), content: 'x' };
    expect(await decide('Write', write), path).toMatchObject({ behavior: 'allow' });
  }
  const never = [
    join(outside, 'file'),
    join(workDir, '..', 'file'),
    join(workDir, 'link', 'file'),
    join(workDir, 'dangling'),
    join(workDir, '.git', 'hooks', 'pre-commit'),
    join(workDir, '.claude', 'settings.json'),
    join(workDir, '.mcp.json'),
    join(workDir, 'CLAUDE.md'),
    join(workDir, 'sub', 'claude.local.md'),
    '~/.bashrc',
  ];
  for (const [at, path] of never.entries()) {
    const decided = decide('Write', { file_path: path, content: 'x' });
    await world.asked(at + 2);
    expect(world.parts().at(-1)?.['buttons'], path).toHaveLength(1);
    // A button that was not shown counts for nothing.
    expect(world.press(at + 2, 'project')).toBe(TOO_LATE);
    expect(world.press(at + 2, 'turn')).toBe(TOO_LATE);
    expect(world.press(at + 2, 'deny')).toBe('Denied.');
    expect(await decided, path).toMatchObject({ behavior: 'deny' });
  }
});

test('what is not shown whole can be allowed once and no further, and says how much is missing', async () => {
  const world = await askingWorld();
  const { decide } = world.open();
  const decided = decide('Bash', { command: `echo ${'x'.repeat(3000)}; \u202erm -rf` });
  await world.asked(1);
  const shown = world.parts().at(-1);
  expect(shown?.['buttons']).toHaveLength(1);
  expect(String(shown?.['markdown'])).toMatch(/⚠️ \d+ characters of it are not shown here\.$/u);
  expect(String(shown?.['markdown'])).toContain('\\u{202e}rm -rf');
  expect(world.press(1, 'deny')).toBe('Denied.');
  await decided;
});

test('what looks like a key is hidden, so a command with one can be allowed once and no further, and says how much is hidden', async () => {
  const world = await askingWorld();
  const { decide } = world.open();
  // Put together here, so that nothing in the repository looks like a secret.
  const key = ['gh', 'p_', 'aB3dE5fG7h'.repeat(4)].join('');
  const commands = [`curl -H 'x: ${key}'`, 'echo ://x:a$(touch${IFS}me)@', 'touch ‹masked: key›'];
  for (const [at, command] of commands.entries()) {
    const isHidden = at < 2;
    const decided = decide('Bash', { command });
    await world.asked(at + 1);
    const shown = world.parts().at(-1);
    expect(shown?.['buttons'], command).toHaveLength(isHidden ? 1 : 3);
    const note = String(shown?.['markdown']).match(/⚠️ (\d+) characters of it are hidden/u);
    expect(note?.[1], command).toBe([String(key.length), '17', undefined][at]);
    if (isHidden) expect(world.press(at + 1, 'project')).toBe(TOO_LATE);
    expect(world.press(at + 1, 'once')).toBe('Allowed.');
    // What was asked about is what is run.
    expect(await decided).toEqual({ behavior: 'allow', updatedInput: { command } });
  }
  expect(JSON.stringify([world.rows(), world.deliveries()])).not.toContain(key);
});

test('whatever makes a difference is shown: every place of an edit, what else a tool is given, and characters that look like none', async () => {
  const path = join(realpathSync(temporaryFolder()), 'a.txt');
  const cases: readonly (readonly [string, object, string, boolean])[] = [
    ['Edit', { ...edit(path), replace_all: true }, '@@ wherever it stands in the file @@', true],
    ['Edit', { ...edit(path), replace_all: false }, '```diff\n-old', true],
    [
      'MultiEdit',
      { file_path: path, edits: [{ old_string: 'a', new_string: 'b', replace_all: true }] },
      '@@ wherever it stands in the file @@\n-a\n+b',
      true,
    ],
    [
      'NotebookEdit',
      { notebook_path: path, new_source: '', cell_id: 'c1', edit_mode: 'delete' },
      '{"cell_id":"c1","edit_mode":"delete"}',
      false,
    ],
    ['Write', { file_path: path, content: 'x', mode: '0777' }, '{"mode":"0777"}', false],
    ['Bash', { command: 'true', env: { A: '1' } }, '{"env":{"A":"1"}}', false],
    [
      'Bash',
      { command: 'rm -rf /\u00a0home\u3164\u2800\ufe0f' },
      '\\u{a0}home\\u{3164}\\u{2800}',
      true,
    ],
    // Claude Code takes a path without the white space around it.
    ['Write', { file_path: ' /etc/passwd', content: 'x' }, '⚠️ That is outside of', false],
    ['Write', { file_path: '\u00a0~/.bashrc', content: 'x' }, '⚠️ That is outside of', false],
  ];
  const world = await askingWorld({ agentTools: [...DEFAULT_TOOLS, 'MultiEdit', 'NotebookEdit'] });
  const { decide } = world.open({ folder: dirname(path) });
  for (const [at, [tool, input, words, isPlain]] of cases.entries()) {
    const decided = decide(tool, input);
    await world.asked(at + 1);
    const shown = world.parts().at(-1);
    expect(String(shown?.['markdown']), JSON.stringify(input)).toContain(words);
    expect(shown?.['buttons'], JSON.stringify(input)).toHaveLength(isPlain ? 3 : 1);
    world.press(at + 1, 'deny');
    expect(await decided).toMatchObject({ behavior: 'deny' });
  }
});

test('who is kept to folders can have nothing outside of them allowed, by nobody', async () => {
  const world = await askingWorld();
  const outside = temporaryFolder();
  symlinkSync(outside, join(world.workDir, 'link'));
  const { decide } = world.open({ isConfined: true, role: 'member' });
  for (const [tool, input] of [
    ['Read', { file_path: join(outside, 'x') }],
    ['Grep', { pattern: 'x', path: outside }],
    ['Glob', { pattern: `${outside}/**` }],
    ['Write', { file_path: join(outside, 'x'), content: '' }],
    ['Write', { file_path: join(world.workDir, 'link', 'x'), content: '' }],
    ['Edit', edit('relative')],
  ] as const) {
    const decided = await decide(tool, input);
    expect(decided['behavior'], tool).toBe('deny');
  }
  expect(world.rows()).toEqual([]);
  const inside = decide('Write', { file_path: join(world.workDir, 'x'), content: '' });
  await world.asked(1);
  world.press(1, 'once');
  expect(await inside).toMatchObject({ behavior: 'allow' });
});

test('whatever goes wrong is a no: what cannot be read, a database that refuses, a turn that is over', async () => {
  const world = await askingWorld();
  const { call, decide, close, turn } = world.open();
  for (const bad of [
    {},
    { tool_name: 'Bash' },
    { tool_name: 'Bash', input: 'x' },
    { tool_name: '', input: {} },
  ]) {
    expect((await call('approve', bad)).text).toContain('"behavior":"deny"');
  }
  expect(await decide('Write', { file_path: '/a\0b', content: '' })).toMatchObject({
    behavior: 'deny',
  });
  world.database.orm.run(
    "create trigger no_more before insert on approvals begin select raise(abort, 'full'); end",
  );
  expect(await decide('Bash', TOUCH)).toMatchObject({ behavior: 'deny' });
  world.database.orm.run('drop trigger no_more');
  expect(world.rows()).toEqual([]);

  const waiting = decide('Bash', TOUCH);
  await world.asked(1);
  world.queue.requestStop(turn.turnId);
  expect(world.press(1, 'once')).toBe(TOO_LATE);
  close();
  expect(await waiting.catch(() => ({ behavior: 'deny' }))).toMatchObject({ behavior: 'deny' });
  expect(world.press(1, 'once')).toBe(TOO_LATE);
  expect(world.rows()).toMatchObject([{ status: 'open' }]);
});

test('a press counts only while somebody waits: a row that a dead service left is never allowed', async () => {
  const world = await askingWorld();
  const { turn } = world.open();
  const id = world.approvals.ask(
    {
      turnId: turn.turnId,
      attempt: 1,
      conversation: conversation(),
      personId: '42',
      folder: world.workDir,
    },
    {
      tool: 'Bash',
      inputDigest: 'x',
      subject: { markdown: 'x', tool: 'Bash', pattern: 'x', further: 'x' },
    },
  );
  expect(world.press(id, 'once')).toBe(TOO_LATE);
  expect(world.write('no')).toBe(false);
  expect(world.rows()).toMatchObject([{ status: 'open' }]);
});

test('who may not be asked decides nothing: another mode, a tool that is not there, a part of one', async () => {
  const world = await askingWorld({ agentTools: ['Read', 'Bash(git log:*)', 'Write'] });
  const auto = world.open({ mode: 'auto' });
  expect(await auto.decide('Bash', { command: 'git log' })).toMatchObject({ behavior: 'deny' });
  auto.close();
  const run = (over: Parameters<typeof world.open>[0]) => {
    world.database.orm.update(turns).set({ status: 'done' }).run();
    return world.open(over);
  };
  const asks = run({});
  for (const command of [
    'git status',
    'git log; touch x',
    'git logs',
    'git log $(touch x)',
    'git log\ntouch x',
    'git log > x',
  ]) {
    expect(await asks.decide('Bash', { command }), command).toMatchObject({ behavior: 'deny' });
  }
  expect(await asks.decide('Edit', {})).toMatchObject({ behavior: 'deny' });
  expect(world.rows()).toEqual([]);
  const isAsked = asks.decide('Bash', { command: 'git log -3' });
  await world.asked(1);
  world.press(1, 'once');
  expect(await isAsked).toMatchObject({ behavior: 'allow' });

  const limited = run({ tools: ['Read', 'mcp__own__*'] });
  expect(await limited.decide('Write', { file_path: 'x', content: '' })).toMatchObject({
    behavior: 'deny',
  });
  expect(await limited.decide('mcp__other__do', {})).toMatchObject({ behavior: 'deny' });
  const own = limited.decide('mcp__own__do', { a: 1 });
  await world.asked(2);
  expect(String(world.parts().at(-1)?.['markdown'])).toContain('use mcp\\_\\_own\\_\\_do?');
  world.press(2, 'once');
  expect(await own).toMatchObject({ behavior: 'allow' });
});

test('Claudio’s own tools run unasked, by their names and not by how those begin; who only looks has fewer', async () => {
  const world = await askingWorld();
  const run = world.open();
  const names = listed(await run.resultOf('tools/list', {})).filter((name) => name !== 'approve');
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) {
    const decided = await run.decide(`mcp__claudio__${name}`, {});
    expect(decided, name).toEqual({ behavior: 'allow', updatedInput: {} });
  }
  const similar = run.decide('mcp__claudio__evil__send_message', {});
  await world.asked(1);
  world.press(1, 'deny');
  expect(await similar).toMatchObject({ behavior: 'deny' });
  world.database.orm.update(turns).set({ status: 'done' }).run();
  const plan = world.open({ mode: 'plan' });
  expect(listed(await plan.resultOf('tools/list', {})).toSorted()).toEqual([
    'approve',
    'ask_user',
    'search_history',
    'send_file',
    'send_message',
    'send_photo',
  ]);
});

test('what Claude asks people becomes questions, one after another, and the answers are labels or their own words', async () => {
  const world = await askingWorld();
  const { decide } = world.open({ mode: 'auto' });
  const input = {
    questions: [
      {
        question: 'Which colour?',
        header: 'Colour',
        options: [{ label: 'Red', description: 'hot' }, { label: 'Blue' }],
        multiSelect: false,
      },
      { question: 'Which sizes?', options: [{ label: 'S' }, { label: 'M' }], multiSelect: true },
    ],
  };
  const decided = decide('AskUserQuestion', input);
  const answer = async (text: string) => {
    await expect.poll(() => world.questions.openFor(conversation().id)?.isWaitedFor).toBe(true);
    const open = world.questions.openFor(conversation().id);
    world.questions.answer(open?.id ?? 0, { text, by: 'Owner' });
    world.questions.wake();
    return open;
  };
  expect(await answer('Red')).toMatchObject({
    text: 'Which colour?\n\n- **Red**: hot\n- **Blue**',
    options: ['Red', 'Blue'],
  });
  await expect.poll(() => world.questions.openFor(conversation().id)?.text).toContain('sizes');
  expect((await answer('S, M'))?.text).toMatch(/choose several/u);
  expect(await decided).toEqual({
    behavior: 'allow',
    updatedInput: { ...input, answers: { 'Which colour?': 'Red', 'Which sizes?': 'S, M' } },
  });
  expect(await decide('AskUserQuestion', { questions: [] })).toMatchObject({ behavior: 'deny' });
});

test('a viewer’s turn can ask nobody: neither by our tool nor by Claude’s own', async () => {
  const world = await askingWorld();
  const { decide, resultOf, server } = world.open({ role: 'viewer', mode: 'plan' });
  expect(server.isUnanswered).toBe(true);
  expect(listed(await resultOf('tools/list', {}))).not.toContain('ask_user');
  expect(await decide('AskUserQuestion', { questions: [] })).toMatchObject({
    behavior: 'deny',
    message: 'Nobody can be asked here. End your turn with the question.',
  });
});
