import { eq } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { deliveries } from '../../drizzle/schema.ts';
import { ROLES, SHELL_PERSON } from '../../src/core/role.ts';
import { NO_USAGE } from '../../src/core/turn.ts';
import type { Acceptance } from '../../src/inbox/accept.ts';
import { ACTIONS, mayDo } from '../../src/policy/roles.ts';
import { offerPlan } from '../../src/turns/plans.ts';
import { inboundMessage } from '../support/inbound.ts';
import { conversationIn, from, GROUP, OWNER, peopleWorld } from './people-world.ts';

type World = ReturnType<typeof peopleWorld>;

/** Somebody who does something, and their id. */
interface Actor {
  readonly as: Readonly<Record<string, unknown>>;
  readonly id: string;
}

/** Something to be done in the group. `did`: whether that had its effect. */
interface Deed {
  readonly act: (world: World, actor: Actor) => Acceptance;
  readonly did: (world: World) => boolean;
  /** Who edits or reacts asks for nothing: where they may not, nothing is refused either. */
  readonly asksForNothing?: true;
}

const ACTORS = {
  owner: OWNER,
  'granted owner': 43,
  member: 7,
  viewer: 8,
  revoked: 9,
  stranger: 666,
  channel: -77,
} as const;
const SOMEBODY_ELSE = '100';

/** The settings have 42 as owner, 7 and 9 as members; the rest was granted. */
function worldOfAll(): World {
  const world = peopleWorld({ memberIds: ['7', '9'] });
  const by = { personId: SHELL_PERSON, conversationId: '' };
  const reach = { source: 'telegram:1', destination: null };
  world.appointments.grant({ personId: '43', role: 'owner', reach, by });
  world.appointments.grant({ personId: '8', role: 'viewer', reach, by });
  world.appointments.revoke({ personId: '9', reach, by });
  world.appointments.grant({ personId: SOMEBODY_ELSE, role: 'member', reach, by });
  world.conversations.ensure(conversationIn(GROUP));
  return world;
}

const MESSAGE_ID = '900';
const ANSWER_ID = '55';

/** A turn that somebody asked for. Returns its id. */
function turnOf(
  world: World,
  personId: string,
  status: 'queued' | 'running' | 'interrupted' | 'done' = 'queued',
): number {
  const message = {
    ...inboundMessage(1, 'paint it', String(GROUP)),
    messageId: MESSAGE_ID,
    sender: { id: personId, name: `Person ${personId}` },
  };
  const queued = world.queue.enqueue(message, 'haiku');
  if (queued.kind !== 'queued') throw new Error('the queue is full');
  if (status === 'queued') return queued.turnId;
  const turn = world.queue.claim('boot');
  if (turn?.turnId !== queued.turnId) throw new Error('another turn was first');
  if (status === 'running') return turn.turnId;
  world.records.ended(turn, {
    status,
    usage: NO_USAGE,
    model: 'claude-haiku-4-5',
    failure: null,
    text: 'The answer.',
  });
  return turn.turnId;
}

/** A question of Claude's in a turn that waits for the answer. Returns its id. */
function questionIn(world: World): number {
  const turnId = turnOf(world, SOMEBODY_ELSE, 'running');
  const asker = { turnId, messageId: 1, conversation: conversationIn(GROUP) };
  const id = world.questions.ask(asker, 'Which?', ['red', 'blue']);
  const call = new AbortController();
  void world.questions.waitFor(id, call.signal);
  onTestFinished(() => call.abort());
  return id;
}

const GROUP_SCOPE = conversationIn(GROUP).destination;

function lastSays(world: World, text: string): boolean {
  return String(world.last(GROUP)?.['markdown']).includes(text);
}

const statusOf = (world: World) =>
  world
    .state()
    .turns.map(({ status }) => status)
    .join();
const isStopping = (world: World) => world.queue.stopRequests().length === 1;
const chosen = (world: World) => world.state().conversations[0];

/** Typing something that only shows. */
const shows = (typed: string, answer: string): Deed => ({
  act: (world, { as }) => world.write(as, typed),
  did: (world) => lastSays(world, answer),
});
/** Typing something that chooses for the conversation. */
const chooses = (typed: string, did: Deed['did']): Deed => ({
  act: (world, { as }) => world.write(as, typed),
  did,
});
/** A button about a turn that somebody asked for. */
const presses = (
  verb: string,
  whose: 'own' | 'other',
  status: Parameters<typeof turnOf>[2],
  did: Deed['did'],
): Deed => ({
  act: (world, { as, id }) => {
    const turnId = turnOf(world, whose === 'own' ? id : SOMEBODY_ELSE, status);
    if (verb === 'restart') world.messages.keepChange(1, 'paint it blue');
    return world.press(as, `${verb}:${turnId}`);
  },
  did,
});
const ofBoth = (
  title: string,
  verb: string,
  status: Parameters<typeof turnOf>[2],
  did: Deed['did'],
): Record<string, Deed> => ({
  [`button: ${title} one’s own`]: presses(verb, 'own', status, did),
  [`button: ${title} another’s`]: presses(verb, 'other', status, did),
});

/** Typing a command of the person's own. */
const becomesTurn = (typed: string): Deed => ({
  act: (world, { as }) => world.write(as, typed),
  did: (world) => statusOf(world) === 'queued',
});
/** Saying yes to what the owner asked for. */
const confirms = (
  say: (world: World, as: Readonly<Record<string, unknown>>) => Acceptance,
): Deed => ({
  act: (world, { as }) => {
    world.write(from(OWNER), '/deploy production');
    return say(world, as);
  },
  did: (world) => world.state().confirmations[0]?.status === 'confirmed',
});

/** A message of somebody's that a rule stopped, with the offer below it. */
function refusedOf(world: World, personId: string): void {
  const message = {
    ...inboundMessage(1, 'paint it', String(GROUP)),
    sender: { id: personId, name: `Person ${personId}` },
  };
  const refusal = { rule: 'block 1', kind: 'rule', markdown: 'No.' } as const;
  world.insisting.refused(message, refusal, world.messages.addAside(message, true));
}

/** A use of a tool that waits in a turn that somebody asked for. Returns its id. */
function approvalIn(world: World, personId: string): number {
  const turnId = turnOf(world, personId, 'running');
  const id = world.approvals.ask(
    { turnId, attempt: 1, conversation: conversationIn(GROUP), personId, folder: '/' },
    {
      tool: 'Bash',
      inputDigest: '0',
      subject: { tool: 'Bash', markdown: 'ls', pattern: 'ls', further: 'All such.' },
    },
  );
  const call = new AbortController();
  void world.approvals.waitFor(id, call.signal);
  onTestFinished(() => call.abort());
  return id;
}

const allows = (whose: 'own' | 'other', choice: string): Deed => ({
  act: (world, { as, id }) => {
    const approval = approvalIn(world, whose === 'own' ? id : SOMEBODY_ELSE);
    return world.press(as, `approve:${approval}.${choice}`);
  },
  did: (world) =>
    world.state().approvals[0]?.status === (choice === 'deny' ? 'denied' : 'allowed') &&
    world.state().approvalRules.length === (choice === 'project' ? 1 : 0),
});
const denies = (whose: 'own' | 'other'): Deed => ({
  act: (world, { as, id }) => {
    approvalIn(world, whose === 'own' ? id : SOMEBODY_ELSE);
    return world.write(as, '@claudio_bot not that one');
  },
  did: (world) => world.state().approvals[0]?.status === 'denied',
});
const carriesOut = (whose: 'own' | 'other'): Deed => ({
  act: (world, { as, id }) => {
    const asker = whose === 'own' ? id : '43';
    const turnId = turnOf(world, asker, 'done');
    const place = { conversationId: conversationIn(GROUP).id, messageId: 1 };
    offerPlan({ ...place, turnId, personId: asker }, world);
    return world.press(as, `carry:${turnId}`);
  },
  did: (world) => world.state().turns[1]?.mode === 'auto',
});

const DEEDS: Readonly<Record<string, Deed>> = {
  'message: the bot’s name': {
    act: (world, { as }) => world.write(as, '@claudio_bot hello'),
    did: (world) => statusOf(world) === 'queued',
  },
  'message: an edit': {
    asksForNothing: true,
    act: (world, { as, id }) => {
      turnOf(world, id);
      return world.edit(as, MESSAGE_ID, 'paint it blue');
    },
    did: (world) => world.state().spoken[0]?.text === 'paint it blue',
  },
  'message: a reaction': {
    asksForNothing: true,
    act: (world, { as }) => {
      const turnId = turnOf(world, SOMEBODY_ELSE, 'done');
      const { outbox, database } = world;
      outbox.say(
        conversationIn(GROUP),
        { markdown: 'The answer.', replyTo: null, buttons: [] },
        turnId,
      );
      database.orm
        .update(deliveries)
        .set({ platformMessageId: ANSWER_ID })
        .where(eq(deliveries.turnId, turnId))
        .run();
      return world.react(as, ANSWER_ID, '👎');
    },
    did: (world) => world.state().reactions.length === 1,
  },
  'message: an answer to a question': {
    act: (world, { as }) => {
      questionIn(world);
      return world.write(as, '@claudio_bot green');
    },
    did: (world) => world.state().questions[0]?.answer === 'green',
  },
  'command: /help': shows('/help', '/status'),
  'command: /start': shows('/start', 'This is Claude Code'),
  'command: /status': shows('/status', '**Model:**'),
  'command: /usage': shows('/usage', '**Today'),
  'command: /queue': shows('/queue', 'Nothing runs'),
  'command: /model': shows('/model', 'I use **haiku**'),
  'command: /verbose': shows('/verbose', 'You see what I am doing'),
  'command: /memory': shows('/memory', 'I remember nothing'),
  'command: /access': shows('/access', 'Who may use me'),
  'command: /nonsense': shows('/nonsense', 'There is no such command'),
  'command: /stop one’s own': {
    act: (world, { as, id }) => {
      turnOf(world, id, 'running');
      return world.write(as, '/stop');
    },
    did: isStopping,
  },
  'command: /stop another’s': {
    act: (world, { as }) => {
      turnOf(world, SOMEBODY_ELSE, 'running');
      return world.write(as, '/stop');
    },
    did: isStopping,
  },
  'command: /stop all, one’s own': {
    act: (world, { as, id }) => {
      turnOf(world, id);
      return world.write(as, '/stop all');
    },
    did: (world) => statusOf(world) === 'cancelled',
  },
  'command: /stop all, another’s': {
    act: (world, { as }) => {
      turnOf(world, SOMEBODY_ELSE);
      return world.write(as, '/stop all');
    },
    did: (world) => statusOf(world) === 'cancelled',
  },
  'command: /new': {
    act: (world, { as, id }) => {
      turnOf(world, id, 'done');
      return world.write(as, '/new');
    },
    did: (world) => (chosen(world)?.historyAfterMessageId ?? 0) > 0,
  },
  'command: /sonnet': chooses('/sonnet', (world) => chosen(world)?.model === 'sonnet'),
  'command: /model opus': chooses('/model opus', (world) => chosen(world)?.model === 'opus'),
  'command: /verbose off': chooses('/verbose off', (world) => chosen(world)?.progress === 'off'),
  'command: /memory off': chooses('/memory off', (world) => !(chosen(world)?.hasMemory ?? true)),
  'command: /remember': chooses(
    '/remember Deploys go out on Tuesdays',
    (world) => world.state().memories.length === 1,
  ),
  'command: /forget': {
    act: (world, { as }) => {
      world.remember('the old address', {}, GROUP_SCOPE);
      return world.write(as, '/forget old address');
    },
    did: (world) => JSON.stringify(world.last(GROUP)?.['buttons'] ?? '').includes('forget:'),
  },
  'command: /access grant': chooses('/access grant 55 viewer', (world) =>
    world.state().grants.some(({ personId }) => personId === '55'),
  ),
  'command: /project': shows('/project', 'There is no project yet'),
  'command: /project none': shows('/project none', 'From your next message on I work in'),
  'command: /mode': shows('/mode', 'without asking back'),
  'command: /mode plan': chooses('/mode plan', (world) => chosen(world)?.mode === 'plan'),
  'command: /listen': shows('/listen', 'I follow only what is for me'),
  'command: /listen on': chooses('/listen on', (world) => chosen(world)?.listens ?? false),
  ...ofBoth('cancel', 'cancel', 'queued', (world) => statusOf(world) === 'cancelled'),
  ...ofBoth('stop', 'stop', 'running', isStopping),
  ...ofBoth('halt', 'halt', 'running', isStopping),
  ...ofBoth('retry', 'retry', 'interrupted', (world) => statusOf(world) === 'queued'),
  ...ofBoth('discard', 'discard', 'interrupted', (world) => statusOf(world) === 'cancelled'),
  ...ofBoth('restart', 'restart', 'running', isStopping),
  ...ofBoth('again', 'again', 'done', (world) => statusOf(world) === 'done,queued'),
  'button: answer a question': {
    act: (world, { as }) => world.press(as, `answer:${questionIn(world)}.1`),
    did: (world) => world.state().questions[0]?.answer === 'blue',
  },
  'button: forget': {
    act: (world, { as }) => {
      const { id } = world.remember('the old address', {}, GROUP_SCOPE);
      return world.press(as, `forget:${id}`);
    },
    did: (world) => world.state().memories.length === 0,
  },
  'button: keep': {
    act: (world, { as }) => {
      const { id } = world.remember('the old address', {}, GROUP_SCOPE);
      return world.press(as, `keep:${id}`);
    },
    did: (world) => lastSays(world, 'Kept'),
  },
  'command: /run': becomesTurn('/run paint it'),
  'command: /test': becomesTurn('/test'),
  'command: /git': becomesTurn('/git status'),
  'command: /deploy': becomesTurn('/deploy staging'),
  'command: /deploy production': {
    act: (world, { as }) => world.write(as, '/deploy production'),
    did: (world) => world.state().confirmations[0]?.status === 'open',
  },
  'command: /confirm': confirms((world, as) => world.write(as, '/confirm')),
  'command: /confirm_deploy': confirms((world, as) => world.write(as, '/confirm_deploy')),
  'button: confirm': confirms((world, as) => world.press(as, 'confirm:1')),
  'button: refuse to confirm': {
    act: (world, { as }) => {
      world.write(from(OWNER), '/deploy production');
      return world.press(as, 'refuse:1');
    },
    did: (world) => world.state().confirmations[0]?.status === 'refused',
  },
  'button: run it anyway': {
    act: (world, { as }) => {
      refusedOf(world, String(OWNER));
      return world.press(as, 'insist:1');
    },
    did: (world) => world.state().turns.some(({ insisted }) => insisted),
  },
  'button: allow one’s own': allows('own', 'once'),
  'button: allow another’s': allows('other', 'once'),
  'button: allow for one’s own turn': allows('own', 'turn'),
  'button: always allow in one’s own': allows('own', 'project'),
  'button: always allow in another’s': allows('other', 'project'),
  'button: deny one’s own': allows('own', 'deny'),
  'button: deny another’s': allows('other', 'deny'),
  'message: a word against one’s own': denies('own'),
  'message: a word against another’s': denies('other'),
  'button: carry out one’s own plan': carriesOut('own'),
  'button: carry out another’s plan': carriesOut('other'),
  'button: mode': {
    act: (world, { as }) => world.press(as, 'mode:plan'),
    did: (world) => chosen(world)?.mode === 'plan',
  },
  'button: forget what is always allowed': {
    act: (world, { as }) => {
      world.rules.add({ folder: '/', tool: 'Bash', pattern: 'ls' }, String(OWNER));
      return world.press(as, 'mode:forget');
    },
    did: (world) => world.state().approvalRules.length === 0,
  },
  'button: project': {
    act: (world, { as }) => {
      world.projects.add({ name: 'site', path: world.home });
      return world.press(as, 'project:site');
    },
    did: (world) => chosen(world)?.project === 'site',
  },
  'button: let somebody in': {
    act: (world, { as }) => {
      world.write(from(555, 'Newcomer'), '/start', 555);
      return world.press(as, 'pair:1.member');
    },
    did: (world) => world.state().pairings[0]?.status === 'approved',
  },
};

/**
 * `yes`: it has its effect. `no`: they are told that it has none. `–`: they are not heard, and nothing is
 * said to them.
 */
const TABLE = `
                                      owner   granted owner   member   viewer   revoked   stranger   channel
  message: the bot’s name             yes     yes             yes      yes      –         –          –
  message: an edit                    yes     yes             yes      yes      –         –          –
  message: a reaction                 yes     yes             yes      yes      –         –          –
  message: an answer to a question    yes     yes             yes      no       –         –          –
  command: /help                      yes     yes             yes      yes      –         –          –
  command: /start                     yes     yes             yes      yes      –         –          –
  command: /status                    yes     yes             yes      yes      –         –          –
  command: /usage                     yes     yes             yes      yes      –         –          –
  command: /queue                     yes     yes             yes      yes      –         –          –
  command: /model                     yes     yes             yes      yes      –         –          –
  command: /verbose                   yes     yes             yes      yes      –         –          –
  command: /memory                    yes     yes             yes      yes      –         –          –
  command: /access                    yes     yes             no       no       –         –          –
  command: /nonsense                  yes     yes             yes      yes      –         –          –
  command: /stop one’s own            yes     yes             yes      yes      –         –          –
  command: /stop another’s            yes     yes             no       no       –         –          –
  command: /stop all, one’s own       yes     yes             yes      yes      –         –          –
  command: /stop all, another’s       yes     yes             no       no       –         –          –
  command: /new                       yes     yes             yes      no       –         –          –
  command: /sonnet                    yes     yes             yes      no       –         –          –
  command: /model opus                yes     yes             yes      no       –         –          –
  command: /verbose off               yes     yes             yes      no       –         –          –
  command: /memory off                yes     yes             yes      no       –         –          –
  command: /remember                  yes     yes             yes      no       –         –          –
  command: /forget                    yes     yes             yes      no       –         –          –
  command: /access grant              yes     yes             no       no       –         –          –
  command: /project                   yes     yes             yes      no       –         –          –
  command: /project none              yes     yes             yes      no       –         –          –
  command: /mode                      yes     yes             yes      no       –         –          –
  command: /mode plan                 yes     yes             yes      no       –         –          –
  command: /listen                    yes     yes             no       no       –         –          –
  command: /listen on                 yes     yes             no       no       –         –          –
  button: cancel one’s own            yes     yes             yes      yes      –         –          –
  button: cancel another’s            yes     yes             no       no       –         –          –
  button: stop one’s own              yes     yes             yes      yes      –         –          –
  button: stop another’s              yes     yes             no       no       –         –          –
  button: halt one’s own              yes     yes             yes      yes      –         –          –
  button: halt another’s              yes     yes             no       no       –         –          –
  button: retry one’s own             yes     yes             yes      yes      –         –          –
  button: retry another’s             yes     yes             no       no       –         –          –
  button: discard one’s own           yes     yes             yes      yes      –         –          –
  button: discard another’s           yes     yes             no       no       –         –          –
  button: restart one’s own           yes     yes             yes      yes      –         –          –
  button: restart another’s           yes     yes             no       no       –         –          –
  button: again one’s own             yes     yes             yes      yes      –         –          –
  button: again another’s             yes     yes             no       no       –         –          –
  button: answer a question           yes     yes             yes      no       –         –          –
  button: forget                      yes     yes             yes      no       –         –          –
  button: keep                        yes     yes             yes      no       –         –          –
  command: /run                       yes     yes             yes      yes      –         –          –
  command: /test                      yes     yes             yes      no       –         –          –
  command: /git                       yes     yes             yes      no       –         –          –
  command: /deploy                    yes     yes             no       no       –         –          –
  command: /deploy production         yes     yes             no       no       –         –          –
  command: /confirm                   yes     yes             no       no       –         –          –
  command: /confirm_deploy            yes     yes             no       no       –         –          –
  button: confirm                     yes     yes             no       no       –         –          –
  button: refuse to confirm           yes     yes             no       no       –         –          –
  button: run it anyway               yes     yes             no       no       –         –          –
  button: allow one’s own             yes     yes             yes      no       –         –          –
  button: allow another’s             yes     yes             no       no       –         –          –
  button: allow for one’s own turn    yes     yes             yes      no       –         –          –
  button: always allow in one’s own   yes     yes             yes      no       –         –          –
  button: always allow in another’s   yes     yes             no       no       –         –          –
  button: deny one’s own              yes     yes             yes      no       –         –          –
  button: deny another’s              yes     yes             no       no       –         –          –
  message: a word against one’s own   yes     yes             yes      no       –         –          –
  message: a word against another’s   yes     yes             no       no       –         –          –
  button: carry out one’s own plan    yes     yes             yes      no       –         –          –
  button: carry out another’s plan    yes     yes             no       no       –         –          –
  button: mode                        yes     yes             yes      no       –         –          –
  button: forget what is always allowed  yes  yes             yes      no       –         –          –
  button: project                     yes     yes             yes      no       –         –          –
  button: let somebody in             yes     yes             no       no       –         –          –
`;

const [HEAD = [], ...ROWS] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/ {2,}/u));

describe('what each role may do in a group (promise 13: any member of a group can press Approve)', () => {
  test('the table has a column for everybody and a row for every deed, and a deed for every command', () => {
    expect(HEAD).toEqual(Object.keys(ACTORS));
    expect(ROWS.map(([title]) => title)).toEqual(Object.keys(DEEDS));
    const { commands } = worldOfAll();
    const tried = new Set(ROWS.map(([title = '']) => /^command: \/(\w+)/u.exec(title)?.[1]));
    const untried = commands
      .map(({ name }) => name)
      .filter((name) => !tried.has(name) && name !== 'haiku' && name !== 'opus');
    expect(untried).toEqual([]);
  });

  test.each(Object.entries(ACTORS))('%s', (name, id) => {
    const world = worldOfAll();
    const column = HEAD.indexOf(name) + 1;
    const found = ROWS.map(([title = '']) => [title, outcomeOf(world, DEEDS[title], id)]);
    expect(found).toEqual(ROWS.map((row) => [row[0], row[column]]));
    // A kind of button without a row would not have been pressed.
    const unpressed = world.verbs.filter((verb) => !world.pressed.has(verb));
    expect(unpressed).toEqual([]);
  });
});

/** Does it, and sees that what was refused changed nothing. Leaves no trace. */
function outcomeOf(world: World, deed: Deed | undefined, id: number): string {
  let outcome = 'not tried';
  const undo = new Error('undone');
  try {
    world.database.transaction(() => {
      if (deed !== undefined) outcome = attempt(world, deed, id);
      throw undo;
    });
  } catch (error) {
    if (error !== undo) throw error;
  }
  return outcome;
}

function attempt(world: World, deed: Deed, id: number): string {
  const actor = { as: from(id), id: String(id) };
  const refusals = () => world.auditRows().filter(({ event }) => event === 'access.refused').length;
  const { before, saidCount, acceptance } = observed(world, () => deed.act(world, actor));
  if (deed.did(world)) return acceptance.kind === 'accepted' ? 'yes' : 'yes, unseen';
  // Words that are no answer are a message like any other.
  if (acceptance.kind === 'accepted' && acceptance.what === 'turn') {
    const { questions, approvals } = world.state();
    const isOpen = [...questions, ...approvals].every(({ status }) => status === 'open');
    return isOpen ? 'no' : 'no, and answered';
  }
  if (JSON.stringify(world.state()) !== before) return 'no, and changed something';
  if (acceptance.kind !== 'ignored') return 'no';
  const isRefused = acceptance.reason === 'not allowed' && deed.asksForNothing !== true;
  const refusedCount = isRefused ? 1 : 0;
  return saidCount === 0 && refusals() === refusedCount ? '–' : '–, and said something';
}

/** The state right before the last update came in: what the deed had to prepare belongs to it. */
function observed(world: World, act: () => Acceptance) {
  let stateBefore = '';
  let saidBefore = 0;
  const look = () => {
    stateBefore = JSON.stringify(world.state());
    saidBefore = world.deliveryCount();
  };
  world.beforeUpdate(look);
  const acceptance = act();
  return {
    acceptance,
    before: stateBefore,
    saidCount: world.deliveryCount() - saidBefore,
  };
}

test('what a role may do is what this table says, and a role that has none may do nothing', () => {
  expect(ACTIONS.map((action) => [action, ...ROLES.filter((role) => mayDo(role, action))])).toEqual(
    [
      ['look', 'owner', 'member', 'viewer'],
      ['ask', 'owner', 'member', 'viewer'],
      ['steer-own', 'owner', 'member', 'viewer'],
      ['steer-any', 'owner'],
      ['choose', 'owner', 'member'],
      ['remember', 'owner', 'member'],
      ['answer', 'owner', 'member'],
      ['approve-own', 'owner', 'member'],
      ['approve-any', 'owner'],
      ['override', 'owner'],
      ['administer', 'owner'],
    ],
  );
  expect(ACTIONS.filter((action) => mayDo(null, action))).toEqual([]);
});

describe('forged senders', () => {
  test('a button that a stranger copied does nothing, in their own chat neither, and they see no word', () => {
    const world = worldOfAll();
    const turnId = turnOf(world, String(OWNER));
    const before = JSON.stringify(world.state());
    for (const chat of [GROUP, 666]) {
      for (const verb of ['cancel', 'retry', 'stop', 'again', 'discard']) {
        expect(world.press(from(666), `${verb}:${turnId}`, chat)).toEqual({
          kind: 'ignored',
          reason: 'not allowed',
          isNotable: false,
        });
      }
    }
    expect(JSON.stringify(world.state())).toBe(before);
    expect(world.deliveryCount()).toBe(0);
  });

  test('a member who sends the data of a button from another chat changes nothing there', () => {
    const world = worldOfAll();
    const turnId = turnOf(world, '7');
    expect(world.press(from(7), `cancel:${turnId}`, 7)).toMatchObject({
      word: 'That is no longer possible.',
    });
    expect(statusOf(world)).toBe('queued');
  });

  test('a press that is delivered again a day later is a duplicate; pressed again, it is too late', () => {
    const world = worldOfAll();
    const turnId = turnOf(world, '7', 'interrupted');
    const press = {
      update_id: 5000,
      callback_query: {
        id: 'p',
        chat_instance: '1',
        ...from(7),
        data: `retry:${turnId}`,
        message: {
          message_id: 7,
          date: 0,
          chat: { id: GROUP, type: 'supergroup', title: 'Others' },
          from: { id: 1, is_bot: true, first_name: 'Claudio' },
          text: 'as it stands',
        },
      },
    };
    expect(world.take(press)).toMatchObject({ word: 'Trying again.' });
    world.clock.advance(24 * 3_600_000);
    expect(world.take(press)).toEqual({ kind: 'duplicate' });
    expect(world.take({ ...press, update_id: 5001 })).toMatchObject({
      word: 'That is no longer possible.',
    });
    expect(statusOf(world)).toBe('queued');
  });

  test('who writes on behalf of the group is nobody, whatever name they give themselves', () => {
    const world = worldOfAll();
    const hidden = {
      ...from(GROUP, 'Person 42'),
      author_signature: 'Person 42',
    };
    expect(world.write(hidden, '/stop all')).toMatchObject({ reason: 'not allowed' });
    expect(world.write(from(-42), '@claudio_bot hello')).toMatchObject({ reason: 'not allowed' });
    expect(world.state().turns).toEqual([]);
  });

  test('another bot is not heard, whatever its id', () => {
    const world = worldOfAll();
    const bot = { from: { id: OWNER, is_bot: true, first_name: 'Robot' } };
    expect(world.write(bot, '@claudio_bot hello')).toMatchObject({
      kind: 'ignored',
      reason: 'a message of another bot',
    });
    expect(world.auditRows().every(({ event }) => /^access\.(granted|revoked)$/u.test(event))).toBe(
      true,
    );
  });

  test('a forwarded command of the owner is no command of whoever forwards it', () => {
    const world = worldOfAll();
    const origin = {
      type: 'user',
      date: 0,
      sender_user: { id: OWNER, is_bot: false, first_name: 'Owner' },
    };
    world.write({ ...from(7), forward_origin: origin }, '/access grant 55 owner');
    world.write({ ...from(666), forward_origin: origin }, '/access grant 55 owner');
    expect(world.state().grants.some(({ personId }) => personId === '55')).toBe(false);
  });
});
