import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createHandlers } from '../../src/app/handlers.ts';
import { createTellOwner } from '../../src/app/tell-owner.ts';
import { createEditHandler } from '../../src/commands/changes.ts';
import { createInsisting } from '../../src/commands/insist.ts';
import { createPressHandler } from '../../src/commands/presses.ts';
import type { InboundAct, InboundMessage } from '../../src/core/inbound.ts';
import { NO_USAGE, type TurnStatus } from '../../src/core/turn.ts';
import { createInbox } from '../../src/inbox/accept.ts';
import { createAsking } from '../../src/inbox/asking.ts';
import { createConfirmations } from '../../src/inbox/confirmations.ts';
import { createSeenUpdates } from '../../src/inbox/seen-updates.ts';
import { createAccess } from '../../src/policy/access.ts';
import { createGate } from '../../src/policy/gate.ts';
import { createLimits, type LimitSettings } from '../../src/policy/limits.ts';
import { createPolicy, type PolicyMode } from '../../src/policy/policy-file.ts';
import { createWorker } from '../../src/turns/worker.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { testBots } from '../support/people.ts';
import { answered, turnWorld } from '../support/turns.ts';

const GROUP = '-100';
const MINUTE_MS = 60_000;
const TOO_LATE = 'That is no longer possible.';
const PEOPLE = { owner: '42', member: '7', stranger: '666' } as const;
type Who = keyof typeof PEOPLE;

/** The way in, put together as the service does, before an agent that says how often it was asked. */
function world(options: LimitSettings & { POLICY?: PolicyMode } = {}) {
  const prompts: string[] = [];
  const base = turnWorld({
    work: async function* work(request) {
      prompts.push(await request.prompt);
      yield { type: 'completed', outcome: answered('Done.') };
    },
  });
  const { database, clock, audit, outbox, conversations, messages, queue, log } = base;
  const path = join(base.home, 'policy.json');
  const bots = testBots({ memberIds: [PEOPLE.member] });
  const access = createAccess({ database, clock, bots, audit, log });
  const tell = createTellOwner({ bots, conversations, outbox, log, said: () => undefined });
  const policy = createPolicy({
    database,
    clock,
    path,
    setting: options.POLICY ?? 'permissive',
    onFault: tell,
    onMended: tell,
    audit,
  });
  const gate = createGate({
    database,
    limits: createLimits(database, clock, options),
    policy,
    audit,
    clock,
    log,
  });
  const asking = createAsking({
    conversations,
    messages,
    queue,
    gate,
    defaultModel: () => 'haiku',
  });
  const insisting = createInsisting({
    clock,
    access,
    asking,
    confirmations: createConfirmations(database, clock, audit),
    messages,
    outbox,
  });
  const accept = createInbox({
    ...base,
    asking,
    seen: createSeenUpdates(database, clock),
    handlers: createHandlers({
      ...base,
      access,
      command: () => null,
      denial: () => false,
      edit: createEditHandler({ ...base, gate, defaultModel: () => 'haiku' }),
      reaction: () => false,
      press: createPressHandler({ ...base, access, gate, acts: insisting.acts }),
      refused: insisting.refused,
      pairing: null,
    }),
  });
  let updateId = 0;
  const take = (inbound: InboundAct) => accept('telegram:1', inbound);
  const sent = () =>
    database.orm.query.deliveries
      .findMany()
      .sync()
      .map(({ part }) => part);
  const message = (who: Who, text: string, chat: string): InboundMessage => ({
    ...inboundMessage((updateId += 1), text, chat),
    sender: { id: PEOPLE[who], name: who },
    isPrivate: chat !== GROUP,
  });
  return {
    ...base,
    path,
    prompts,
    message,
    take,
    say: (who: Who, text: string, chat = GROUP) => take(message(who, text, chat)),
    edit: (who: Who, messageId: string, text: string) =>
      take({
        kind: 'edit',
        updateId: (updateId += 1),
        conversation: conversation(GROUP),
        sender: { id: PEOPLE[who], name: who },
        messageId,
        text,
      }),
    /** What somebody reads who presses a button; `null`: nothing. */
    press: (who: Who, data: string, chat = GROUP): string | null => {
      const taken = take({
        kind: 'press',
        updateId: (updateId += 1),
        conversation: conversation(chat),
        sender: { id: PEOPLE[who], name: who },
        messageId: '900',
        messageText: 'The message with the button.',
        data,
        pressId: 'p',
      });
      return 'word' in taken ? taken.word : null;
    },
    last: () => sent().at(-1),
    button: () => /"data":"([^"]+)"/u.exec(JSON.stringify(sent().at(-1)))?.[1] ?? null,
    /** The policy as a person would write it, some time ago. */
    write: (file: unknown) => {
      writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file), { mode: 0o600 });
    },
    turns: () => database.orm.query.turns.findMany().sync(),
    texts: () =>
      database.orm.query.messages
        .findMany()
        .sync()
        .filter(({ role }) => role === 'person')
        .map(({ text }) => text),
    refusals: () =>
      database.orm.query.audit
        .findMany()
        .sync()
        .filter(({ event }) => event === 'gate.refused')
        .map(({ personId, decision, details, text }) => ({ personId, decision, details, text })),
    run: async () => {
      const worker = createWorker({
        ...base,
        gate,
        bootId: 'boot',
        maxConcurrentTurns: 1,
        ended: () => undefined,
      });
      worker.wake();
      await worker.drain(10_000);
    },
    end: (status: TurnStatus & ('done' | 'interrupted') = 'done', costUsd = 0) => {
      const claimed = queue.claim('boot');
      if (claimed === null) throw new Error('nothing waits');
      const usage = { ...NO_USAGE, costUsd };
      base.records.ended(claimed, { status, usage, model: 'haiku', failure: null, text: 'Done.' });
      return claimed.turnId;
    },
  };
}

describe('a message at the gate', () => {
  test('that a rule stands against becomes no turn: the person is told which, and it is written down', () => {
    const { say, last, turns, refusals } = world();
    expect(say('member', 'rm -rf build')).toEqual({ kind: 'refused', rule: 'block 1' });
    expect(last()).toMatchObject({
      markdown:
        '🚫 I do not take this: rule block 1 (`rm\\s+-rf`) stands against it. Please put it another way.',
      replyTo: '1',
      buttons: [],
    });
    expect(turns()).toEqual([]);
    expect(refusals()).toEqual([
      { personId: '7', decision: 'refused', details: { rule: 'block 1' }, text: null },
    ]);
  });

  test('beyond a limit is told when it is free again, and is taken then', () => {
    const { say, last, clock, refusals } = world({ RATE_LIMIT_PER_HOUR: 1 });
    expect(say('member', 'one').kind).toBe('accepted');
    clock.advance(15 * MINUTE_MS);
    expect(say('member', 'two')).toEqual({ kind: 'refused', rule: 'rate' });
    expect(last()).toMatchObject({
      markdown: expect.stringContaining('again in 45 min.') as string,
      buttons: [],
    });
    expect(say('owner', 'another').kind).toBe('accepted');
    clock.advance(45 * MINUTE_MS);
    expect(say('member', 'two').kind).toBe('accepted');
    expect(refusals()).toHaveLength(1);
  });

  test('that comes again is a duplicate, and is refused once', () => {
    const { message, take, refusals, told } = world();
    const update = message('owner', 'rm -rf build', GROUP);
    expect([take(update).kind, take(update).kind]).toEqual(['refused', 'duplicate']);
    expect([refusals().length, told().length]).toEqual([1, 1]);
  });

  test('of a person whose other messages wait in other chats finds its limit there', () => {
    const { say } = world({ MAX_WAITING_PER_PERSON: 2 });
    expect([say('member', 'a', '7').kind, say('member', 'b').kind]).toEqual([
      'accepted',
      'accepted',
    ]);
    expect(say('member', 'c')).toEqual({ kind: 'refused', rule: 'waiting' });
  });
});

describe('who does not stop asking', () => {
  test('is told once a minute that a limit stands against it, and as often it is written down', () => {
    const { say, refusals, told, clock } = world({ RATE_LIMIT_PER_HOUR: 1 });
    say('member', 'one');
    for (let count = 0; count < 5; count += 1) {
      expect(say('member', 'more')).toEqual({ kind: 'refused', rule: 'rate' });
    }
    expect([refusals().length, told().length]).toEqual([1, 1]);
    // Somewhere else they may not have read it.
    expect(say('member', 'elsewhere', '7')).toEqual({ kind: 'refused', rule: 'rate' });
    expect([refusals().length, told().length]).toEqual([2, 2]);
    clock.advance(MINUTE_MS);
    say('member', 'more');
    expect([refusals().length, told().length]).toEqual([3, 3]);
  });

  test('is told once a minute that a rule does, and an owner each time, with the button', () => {
    const { say, edit, refusals, told, button } = world();
    say('member', 'rm -rf build');
    say('member', 'rm -rf dist');
    expect([refusals().length, told().length]).toEqual([1, 1]);
    say('member', 'remove the build folder');
    expect(edit('member', '3', 'rm -rf build').kind).toBe('accepted');
    expect([refusals().length, told().length]).toEqual([1, 1]);
    say('owner', 'rm -rf build');
    say('owner', 'rm -rf dist');
    expect(button()).toMatch(/^insist:2$/u);
    expect([refusals().length, told().length]).toEqual([3, 3]);
  });
});

describe('Run it anyway', () => {
  test('is offered to an owner, and runs the message once, with all that was said', async () => {
    const { say, press, button, last, run, prompts, turns, clock } = world();
    say('owner', 'rm -rf build');
    const data = button() ?? '';
    expect(last()).toMatchObject({ buttons: [[{ label: '▶️ Run it anyway' }]] });
    clock.advance(5 * MINUTE_MS - 1);
    expect(press('owner', data)).toBe('Running it anyway.');
    expect(last()).toMatchObject({
      markdown: '▶️ **Run anyway**, against rule block 1, as owner said.',
      buttons: [],
    });
    expect(press('owner', data)).toBe(TOO_LATE);
    await run();
    expect(turns()).toMatchObject([{ status: 'done', insisted: true, personId: '42' }]);
    expect(prompts).toEqual([expect.stringContaining('rm -rf build')]);
  });

  test('does nothing for a stranger, a member, in another chat, or after five minutes', () => {
    const { say, press, button, clock, turns } = world();
    say('owner', 'rm -rf build');
    const data = button() ?? '';
    expect(press('stranger', data)).toBeNull();
    expect(press('member', data)).toBe('You may not do that here.');
    expect(press('owner', data, '42')).toBe(TOO_LATE);
    expect(press('owner', 'insist:99')).toBe(TOO_LATE);
    expect(press('owner', 'insist:x')).toBe(TOO_LATE);
    clock.advance(5 * MINUTE_MS);
    expect(press('owner', data)).toBe('The five minutes are over. Please send it again.');
    expect(press('owner', data)).not.toBe('Running it anyway.');
    expect(turns()).toEqual([]);
  });

  test('runs an album with all of its parts, also those that came behind the refusal', async () => {
    const { message, take, press, button, run, clock, database, turns } = world();
    const part = (text: string) => {
      const one = message('owner', text, GROUP);
      const picture = {
        kind: 'image',
        fileId: `file-${one.messageId}`,
        name: null,
        mimeType: null,
        sizeBytes: null,
        durationMs: null,
        isQuoted: false,
      } as const;
      return take({ ...one, albumId: 'a', attachments: [picture] }).kind;
    };
    expect([part('rm -rf build'), part('and'), part('these')]).toEqual(['refused', 'full', 'full']);
    expect(press('owner', button() ?? '')).toBe('Running it anyway.');
    expect(part('too')).toBe('accepted');
    clock.advance(2000);
    await run();
    const { attachments, messages } = database.orm.query;
    expect(attachments.findMany().sync()).toMatchObject(
      [1, 2, 3, 5].map((id) => ({ messageId: 1, fileId: `file-${id}` })),
    );
    expect(messages.findFirst().sync()?.text).toBe('rm -rf build\nand\nthese\ntoo');
    expect(turns()).toHaveLength(1);
  });

  test('passes the rules and not the limits, and counts when those are free again', () => {
    const { say, press, button, clock, turns } = world({ RATE_LIMIT_PER_HOUR: 2 });
    say('owner', 'something else');
    clock.advance(58 * MINUTE_MS);
    say('owner', 'rm -rf build');
    const data = button() ?? '';
    say('owner', 'and more');
    expect(press('owner', data)).toMatch(/^⏳ 2 an hour is the limit here/u);
    clock.advance(2 * MINUTE_MS);
    expect(press('owner', data)).toBe('Running it anyway.');
    expect(turns()).toHaveLength(3);
  });
});

describe('an edit at the gate', () => {
  test('of a message that waits leaves the old text where a rule stands against the new one', () => {
    const { say, edit, texts, last, refusals } = world();
    say('member', 'remove the build folder');
    expect(edit('member', '1', 'rm -rf build').kind).toBe('accepted');
    expect(texts()).toEqual(['remove the build folder']);
    expect(last()).toMatchObject({
      markdown: expect.stringMatching(
        /rule block 1 .*\n\nThe text from before your edit stays\.$/u,
      ) as string,
      replyTo: '1',
    });
    expect(refusals()).toHaveLength(1);
    edit('member', '1', 'remove the folder of the build');
    expect(texts()).toEqual(['remove the folder of the build']);
  });

  test('of a message that is being worked on is offered only where no rule stands against it', () => {
    const { say, edit, queue, button, told } = world();
    say('member', 'remove the build folder');
    queue.claim('boot');
    edit('member', '1', 'rm -rf build');
    expect([button(), told().length]).toEqual([null, 1]);
    edit('member', '1', 'remove the folder');
    expect(button()).toBe('restart:1');
  });

  test('of an answered message is a turn more, within the limits', () => {
    const { say, edit, end, turns, last, clock } = world({ RATE_LIMIT_PER_HOUR: 2 });
    say('member', 'one');
    end();
    expect(edit('member', '1', 'two').kind).toBe('accepted');
    end();
    expect(edit('member', '1', 'three').kind).toBe('accepted');
    expect(turns()).toHaveLength(2);
    expect(last()).toMatchObject({ markdown: expect.stringMatching(/^⏳ /u) as string });
    clock.advance(60 * MINUTE_MS);
    edit('member', '1', 'three');
    expect(turns()).toHaveLength(3);
  });

  test('of a message that was refused changes nothing, also for a press that comes later', async () => {
    const { say, edit, button, press, run, prompts } = world();
    say('owner', 'rm -rf build');
    const data = button() ?? '';
    expect(edit('owner', '1', 'rm -rf /').kind).toBe('ignored');
    press('owner', data);
    await run();
    expect(prompts).toEqual([expect.stringContaining('rm -rf build')]);
  });
});

describe('a turn that is repeated', () => {
  test('because its message was changed while it ran counts each time', () => {
    const { say, edit, queue, button, press, records } = world({ RATE_LIMIT_PER_HOUR: 3 });
    say('member', 'one');
    const words = ['two', 'three', 'four'].map((text) => {
      const turn = queue.claim('boot');
      edit('member', '1', text);
      const word = press('member', button() ?? 'restart:1');
      if (records.turn(1).restartRequestedAtMs !== null) queue.restart(turn?.turnId ?? 0);
      return word;
    });
    expect(words.slice(0, 2)).toEqual(['Restarting.', 'Restarting.']);
    expect(words[2]).toMatch(/^⏳ 3 an hour is the limit here/u);
  });

  test('because it was interrupted is not a turn more', () => {
    const { say, end, press, turns } = world({ RATE_LIMIT_PER_HOUR: 1 });
    say('member', 'one');
    const turnId = end('interrupted');
    expect(press('member', `retry:${turnId}`)).toBe('Trying again.');
    expect(turns()).toMatchObject([{ status: 'queued' }]);
  });

  test('because it was interrupted stays within the budget', () => {
    const { say, end, press, turns, clock } = world({ PERSON_BUDGET_PER_DAY: 1 });
    say('member', 'one');
    const turnId = end('interrupted', 2);
    expect(press('member', `retry:${turnId}`)).toMatch(
      /^💸 Your budget for today is used up: \$2\.00 of \$1\.00\./u,
    );
    expect(turns()).toMatchObject([{ status: 'interrupted' }]);
    clock.advance(24 * 60 * MINUTE_MS);
    expect(press('member', `retry:${turnId}`)).toBe('Trying again.');
  });

  test('because its answer was not right is one, also for the rules that there are now', () => {
    const { say, end, press, write, turns, clock } = world({ RATE_LIMIT_PER_HOUR: 1 });
    say('member', 'remove the build folder');
    const turnId = end();
    expect(press('member', `again:${turnId}`)).toMatch(/^⏳ 1 an hour is the limit here/u);
    clock.advance(60 * MINUTE_MS);
    write({ block: ['build'] });
    expect(press('member', `again:${turnId}`)).toBe(
      '🚫 Rule block 1 of the policy stands against it.',
    );
    write({ block: [] });
    expect(press('member', `again:${turnId}`)).toBe('Trying again.');
    expect(turns()).toHaveLength(2);
  });

  test('counts for who asked, with what holds for them, and the log names who wanted it again', () => {
    const { say, end, press, refusals, clock, write } = world();
    for (let count = 0; count < 9; count += 1) {
      say('member', `message ${count}`, '7');
      end();
    }
    say('member', 'the tenth');
    const turnId = end();
    // For an owner there is no limit, but it is not the owner's turn.
    expect(press('owner', `again:${turnId}`)).toMatch(/^⏳ 10 an hour is the limit here/u);
    expect(refusals()).toMatchObject([{ personId: '42', details: { rule: 'rate', asker: '7' } }]);
    clock.advance(60 * MINUTE_MS);
    write({ block: ['tenth'], exempt: ['owner'] });
    expect(press('owner', `again:${turnId}`)).toMatch(/^🚫 Rule block 1/u);
    write({ block: [] });
    expect(press('owner', `again:${turnId}`)).toBe('Trying again.');
  });

  test('that was run against a rule is so again', () => {
    const { say, end, press, button } = world();
    say('owner', 'rm -rf build');
    press('owner', button() ?? '');
    expect(press('owner', `again:${end()}`)).toBe('Trying again.');
  });
});

describe('when a turn runs', () => {
  test('what became known of it since is held against the rules', async () => {
    const { say, messages, run, prompts, told, turns, refusals } = world();
    say('member', 'listen to this');
    messages.change(1, 'listen to this\nrm -rf build');
    await run();
    expect(prompts).toEqual([]);
    expect(turns()).toMatchObject([{ status: 'failed' }]);
    expect(told().at(-1)).toContain('rule block 1');
    expect(refusals()).toMatchObject([{ personId: '7', details: { rule: 'block 1' } }]);
  });
});

describe('policy.json', () => {
  test('counts from the next message on; with a fault the one before does, and the owner is told once', () => {
    const { say, write, told, path } = world();
    expect(say('member', 'sing a song').kind).toBe('accepted');
    write({ mode: 'strict', allow: ['^list '], exempt: ['owner'] });
    expect(say('member', 'sing a song')).toEqual({ kind: 'refused', rule: 'allow' });
    expect(say('owner', 'rm -rf build').kind).toBe('accepted');
    write('{\n  "mode": "permissive",\n  "allow": ["^list "\n}');
    expect(say('member', 'sing a song')).toEqual({ kind: 'refused', rule: 'allow' });
    expect(say('member', 'list all').kind).toBe('accepted');
    const ofFile = () => told().filter((text) => text.startsWith('**policy.json**'));
    expect(ofFile()).toEqual([
      '**policy.json** cannot be used. Line 4, column 1: there is } where a comma or ] has to be. The version before stays in force until you correct it.',
    ]);
    rmSync(path);
    expect(say('member', 'sing a song').kind).toBe('accepted');
    expect(ofFile().slice(1)).toEqual([
      '**policy.json** is gone: what comes with Claudio counts now.',
    ]);
  });

  test('that was never right makes the policy strict', () => {
    const { say, write } = world();
    write('{"mode": "permissive",');
    expect(say('owner', 'sing a song')).toEqual({ kind: 'refused', rule: 'allow' });
    expect(say('owner', 'list all').kind).toBe('accepted');
  });
});
