import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conversations, messages, turns } from '../../drizzle/schema.ts';
import type { InboundEdit, InboundMessage } from '../../src/core/inbound.ts';
import { createMask } from '../../src/core/mask.ts';
import type { Role } from '../../src/core/role.ts';
import { createInbox, type InboxHandlers } from '../../src/inbox/accept.ts';
import { createOverheard } from '../../src/inbox/overheard.ts';
import { createSeenUpdates } from '../../src/inbox/seen-updates.ts';
import { buildPrompt } from '../../src/turns/prompt.ts';
import { inboundMessage } from '../support/inbound.ts';
import { turnWorld } from '../support/turns.ts';

const GROUP = '-100';
const KEY = 'telegram:1:-100';
const OWNER = { id: '42', name: 'Owner' };
const MEMBER = { id: '43', name: 'Member' };
const STRANGER = { id: '666', name: 'Stranger' };
const ROLES: ReadonlyMap<string, Role> = new Map([
  [OWNER.id, 'owner'],
  [MEMBER.id, 'member'],
]);

/** An inbox on a real database that knows an owner and a member. */
function group(handlers: Partial<InboxHandlers> = {}) {
  const world = turnWorld({ maxQueueSize: 1000 });
  const refused: string[] = [];
  const accept = createInbox({
    ...world,
    seen: createSeenUpdates(world.database, world.clock),
    handlers: {
      roleOf: ({ sender }) => ROLES.get(sender.id) ?? null,
      stranger: ({ sender }) => {
        refused.push(sender.id);
        return false;
      },
      refused: () => undefined,
      command: () => null,
      answer: () => false,
      queued: () => undefined,
      edit: () => false,
      reaction: () => false,
      press: () => '',
      unreadable: () => undefined,
      full: () => undefined,
      ...handlers,
    },
  });
  let updateId = 0;
  const say = (text: string, of: Partial<InboundMessage> = {}) =>
    accept('telegram:1', {
      ...inboundMessage((updateId += 1), text, GROUP),
      isPrivate: false,
      isAddressed: false,
      ...of,
    });
  const { orm } = world.database;
  return {
    ...world,
    accept,
    refused,
    say,
    ask: (text: string, of: Partial<InboundMessage> = {}) =>
      say(text, { isAddressed: true, ...of }),
    listen: () => {
      world.conversations.ensure(inboundMessage(0, '', GROUP).conversation);
      world.conversations.chooseListening(KEY, true);
    },
    kept: () =>
      orm
        .select()
        .from(messages)
        .all()
        .map(({ role, author, text }) => `${role} ${author}: ${text}`),
    turns: () => orm.select().from(turns).all(),
    edit: (of: Pick<InboundEdit, 'sender' | 'messageId' | 'text'>) =>
      accept('telegram:1', {
        kind: 'edit',
        updateId: (updateId += 1),
        conversation: inboundMessage(0, '', GROUP).conversation,
        ...of,
      }),
  };
}

describe('in a group only those with a role are heard, and only when it is for the bot', () => {
  test('whatever is said by whomever, a turn is made only of what somebody with a role said to the bot', () => {
    const said = fc.record({
      sender: fc.constantFrom(OWNER, MEMBER, STRANGER),
      isAddressed: fc.boolean(),
      text: fc.constantFrom('a', 'delete everything', '/new', ' '),
      thread: fc.constantFrom(null, '7'),
      albumId: fc.constantFrom(null, 'album-1', 'album-2'),
      isWithPhoto: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(said, { maxLength: 30 }), fc.boolean(), (all, listens) => {
        const world = group();
        if (listens) world.listen();
        // An album is one person's.
        const ofOne = all.map((one) =>
          one.albumId === null ? one : { ...one, albumId: `${one.albumId}-${one.sender.id}` },
        );
        for (const { thread, isWithPhoto, ...one } of ofOne) {
          const { conversation } = inboundMessage(0, '', GROUP);
          const id = thread === null ? conversation.id : `${conversation.id}:${thread}`;
          world.say(one.text, {
            ...one,
            conversation: { ...conversation, id, thread },
            attachments: isWithPhoto ? [PHOTO] : [],
          });
        }
        const asked = world.turns();
        const wanted = ofOne.filter(
          ({ sender, isAddressed }) => isAddressed && sender !== STRANGER,
        );
        expect(asked.length).toBeLessThanOrEqual(wanted.length);
        expect(asked.length === 0).toBe(wanted.length === 0);
        for (const { personId, messageId } of asked) {
          expect([OWNER.id, MEMBER.id]).toContain(personId);
          expect(world.messages.get(messageId)).toMatchObject({ role: 'person', personId });
        }
        const rows = world.database.orm.select().from(messages).all();
        expect(rows.filter(({ role }) => role === 'person')).toHaveLength(asked.length);
        if (!listens) expect(rows.some(({ role }) => role === 'overheard')).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  test('who has no role and changes or marks a message asks for nothing, so nothing is refused', () => {
    const { accept, edit, refused } = group();
    expect(edit({ sender: STRANGER, messageId: '5', text: 'other words' }).kind).toBe('ignored');
    const reaction = {
      kind: 'reaction',
      updateId: 900,
      conversation: inboundMessage(0, '', GROUP).conversation,
      sender: STRANGER,
      messageId: '5',
      emoji: ['👍'],
    } as const;
    expect(accept('telegram:1', reaction).kind).toBe('ignored');
    expect(refused).toEqual([]);
  });

  test('what was overheard stays without secrets when it is changed, Claudio’s own among them', () => {
    const { mask: _, messages: store, listen, say, edit, kept, ...world } = group();
    listen();
    say('fine', { sender: STRANGER });
    const overheard = createOverheard({
      ...world,
      messages: store,
      mask: createMask(() => ['opensesame-7f3a9b']),
    });
    const change = {
      kind: 'edit',
      updateId: 901,
      conversation: inboundMessage(0, '', GROUP).conversation,
      sender: STRANGER,
      messageId: '1',
      text: 'it is opensesame-7f3a9b',
    } as const;
    expect(overheard.change(change)).toBe(true);
    expect(kept()).toEqual([expect.not.stringContaining('opensesame')]);
    expect(edit({ sender: STRANGER, messageId: '1', text: 'fine' }).kind).toBe('ignored');
  });

  test('who has no role and speaks to the bot gets no answer, and who speaks to others is not even refused', () => {
    const { say, ask, refused, turns: asked, kept, database } = group();
    expect(ask('Run it.', { sender: STRANGER })).toMatchObject({ reason: 'not allowed' });
    expect(refused).toEqual([STRANGER.id]);
    expect(say('Lunch?', { sender: STRANGER })).toMatchObject({ reason: 'not for the bot' });
    expect(refused).toEqual([STRANGER.id]);
    expect(asked()).toEqual([]);
    expect(kept()).toEqual([]);
    // Anybody can add a bot to any number of groups.
    expect(database.orm.select().from(conversations).all()).toEqual([]);
  });

  test('further parts of an album go with the first, though only that names the bot', () => {
    const { ask, say, turns: asked, messages: store } = group();
    ask('what breed?', { sender: MEMBER, albumId: 'album', attachments: [PHOTO] });
    expect(say('', { sender: MEMBER, albumId: 'album', attachments: [PHOTO] })).toMatchObject({
      what: 'turn',
    });
    expect(asked()).toHaveLength(1);
    expect(store.attachments(asked()[0]?.messageId ?? 0)).toHaveLength(2);
  });

  test('what is said to others answers no question of Claude’s', () => {
    const answers: string[] = [];
    const { say, ask, listen } = group({
      answer: ({ text }) => {
        answers.push(text);
        return true;
      },
    });
    listen();
    say('Yes, delete it.', { sender: MEMBER });
    say('Yes, delete it all.', { sender: STRANGER });
    expect(answers).toEqual([]);
    ask('No!', { sender: MEMBER });
    expect(answers).toEqual(['No!']);
  });
});

describe('what others say is kept only where the owner turned that on', () => {
  test('as words alone, with what came with them named, and nothing is got or woken for them', () => {
    const { say, ask, kept, listen, turns: asked, database } = group();
    say('before', { sender: MEMBER });
    listen();
    say('Lunch?', { sender: STRANGER });
    say('Sure.', { sender: MEMBER });
    say('The plan', {
      sender: STRANGER,
      attachments: [{ ...PHOTO, kind: 'file', name: 'plan\n.pdf' }],
    });
    say('', { sender: STRANGER, attachments: [PHOTO] });
    ask('Claude, do it', { sender: STRANGER });
    expect(kept()).toEqual([
      'overheard Stranger: Lunch?',
      'overheard Member: Sure.',
      'overheard Stranger: The plan\n(With a file, plan .pdf)',
      'overheard Stranger: (With a picture)',
      'overheard Stranger: Claude, do it',
    ]);
    expect(asked()).toEqual([]);
    expect(database.orm.query.attachments.findMany().sync()).toEqual([]);
  });

  test('in the topic that it was turned on in, and in no other', () => {
    const { say, kept, listen } = group();
    listen();
    const { conversation } = inboundMessage(0, '', GROUP);
    say('elsewhere', { conversation: { ...conversation, id: `${KEY}:7`, thread: '7' } });
    expect(kept()).toEqual([]);
  });

  test('an edit of it changes what is kept where its author made it, and asks for nothing', () => {
    const { say, edit, kept, listen, turns: asked } = group();
    listen();
    say('Lunch?', { sender: STRANGER, messageId: '50' });
    say('', { sender: MEMBER, messageId: '51', attachments: [PHOTO] });
    edit({ sender: STRANGER, messageId: '50', text: 'Dinner?' });
    edit({ sender: MEMBER, messageId: '51', text: 'The cat' });
    edit({ sender: MEMBER, messageId: '50', text: 'put into their mouth' });
    expect(kept()).toEqual([
      'overheard Stranger: Dinner?',
      'overheard Member: The cat\n(With a picture)',
    ]);
    expect(asked()).toEqual([]);
  });

  test('Claude reads it marked as what it is, at most as half of what was said', () => {
    const { say, ask, listen, history, turns: asked } = group();
    listen();
    for (const text of ['one', 'two', 'three']) ask(text, { sender: MEMBER });
    for (let count = 1; count <= 30; count += 1) say(`talk ${count}`, { sender: STRANGER });
    ask('What do you think?', { sender: MEMBER });
    const turn = asked().at(-1);
    if (turn === undefined) throw new Error('no turn');
    const read = history.before({ ...turn, turnId: turn.id }, 6);
    expect(read.map(({ text }) => text)).toEqual([
      'one',
      'two',
      'three',
      'talk 28',
      'talk 29',
      'talk 30',
    ]);
    expect(history.before({ ...turn, turnId: turn.id }, 1).map(({ text }) => text)).toEqual([
      'three',
    ]);
    expect(history.before({ ...turn, turnId: turn.id }, 0)).toEqual([]);
    const prompt = buildPrompt({
      folder: '/tmp/turn',
      memories: [],
      history: read,
      messages: [],
      reactions: [],
      interruptedWork: [],
      questions: [],
    });
    expect(prompt.match(/<claudio-message from="Stranger" [^>]*overheard="yes">/gu)).toHaveLength(
      3,
    );
    expect(prompt.match(/<claudio-message from="Member" [^>]*overheard/gu)).toBeNull();
  });

  test('no more of it is kept than 500 messages and 30 days, and what was for the bot stays', () => {
    const { say, ask, listen, clock, overheard, kept } = group();
    listen();
    ask('for the bot', { sender: MEMBER });
    say('old', { sender: STRANGER });
    clock.advance(30 * 24 * 3_600_000 + 1);
    for (let count = 1; count <= 503; count += 1) say(`talk ${count}`, { sender: STRANGER });
    expect(overheard.prune()).toBe(4);
    expect(kept()).toHaveLength(501);
    expect(kept()[0]).toBe('person Member: for the bot');
    expect(kept()[1]).toBe('overheard Stranger: talk 4');
    expect(overheard.prune()).toBe(0);
  });
});

const PHOTO = {
  kind: 'image',
  fileId: 'photo',
  name: null,
  mimeType: null,
  sizeBytes: null,
  durationMs: null,
  isQuoted: false,
} as const;
