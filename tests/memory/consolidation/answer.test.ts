import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readFacts,
  readProposals,
  readVerdicts,
} from '../../../src/memory/consolidation/answer.ts';
import { proposing } from './world.ts';

const IDS = [70, 80, 90];
const TEA = { kind: 'semantic', text: 'Ada drinks tea.', messages: [1, 3] };
const read = (text: string) => readProposals(text, IDS);

describe('what is proposed', () => {
  const expected = {
    kind: 'read',
    proposals: [
      { kind: 'semantic', text: 'Ada drinks tea.', source: 'learned', messageIds: [70, 90] },
    ],
    droppedCount: 0,
  };

  test.each([
    ['alone', proposing(TEA)],
    ['in a block of code', `\`\`\`json\n${proposing(TEA)}\n\`\`\``],
    ['in a block without a language', `\`\`\`\n${proposing(TEA)}\n\`\`\`\n`],
    ['between words', `Here you are:\n${proposing(TEA)}\nThat is all.`],
    [
      'behind a block of something else',
      `\`\`\`\nls\n\`\`\`\n\`\`\`json\n${proposing(TEA)}\n\`\`\``,
    ],
    ['with more beside it', JSON.stringify({ note: 1, memories: [{ ...TEA, tags: ['x'] }] })],
  ])('is read %s', (_, text) => {
    expect(read(text)).toMatchObject(expected);
  });

  test.each([
    '',
    'No.',
    '{}',
    '[]',
    'null',
    '{"memories": {}}',
    '{"memories": "all"}',
    '{"memories": [',
    '{"facts": []}',
  ])('is unreadable: %j', (text) => {
    expect(read(text)).toEqual({ kind: 'unreadable' });
  });

  test.each([
    ['names a message that is not there', { ...TEA, messages: [1, 4] }],
    ['names the message 0', { ...TEA, messages: [0] }],
    ['names the last message from behind', { ...TEA, messages: [-1] }],
    ['names none', { ...TEA, messages: [] }],
    ['does not say from where', { kind: 'semantic', text: 'So it is.' }],
    ['is of another kind', { ...TEA, kind: 'system' }],
    ['is empty', { ...TEA, text: '  \n' }],
    ['is no text', { ...TEA, text: 7 }],
    ['is too long', { ...TEA, text: 'x'.repeat(1001) }],
    ['has too long a context', { ...TEA, kind: 'episodic', context: 'x'.repeat(301) }],
    ['is surer than sure', { ...TEA, confidence: 1.5 }],
    ['holds a secret', { ...TEA, text: 'The password is hunter2secret.' }],
    [
      'holds a secret in what came of it',
      { ...TEA, kind: 'episodic', outcome: 'The password is hunter2secret.' },
    ],
    ['asks for something to be deleted', { action: 'delete', id: 1, all: true }],
    ['is null', null],
  ])('is dropped where it %s, and the others stay', (_, bad) => {
    expect(read(JSON.stringify({ memories: [bad, TEA] }))).toMatchObject({
      ...expected,
      droppedCount: 1,
    });
  });

  test('is 20 at the most', () => {
    const memories = Array.from({ length: 21 }, (__, at) => ({ ...TEA, text: `Fact ${at}.` }));
    const reading = read(JSON.stringify({ memories }));
    expect(reading).toMatchObject({ kind: 'read', droppedCount: 1 });
    expect(reading.kind === 'read' && reading.proposals).toHaveLength(20);
  });

  test('has what belongs to its kind and nothing else', () => {
    const all = { context: 'a', outcome: 'b', trigger: 'c', importance: 0.1, confidence: 0.2 };
    const memories = ['episodic', 'semantic', 'procedural'].map((kind) => ({
      ...TEA,
      ...all,
      kind,
    }));
    const rest = { source: 'learned', messageIds: [70, 90], text: 'Ada drinks tea.' };
    expect(read(JSON.stringify({ memories }))).toEqual({
      kind: 'read',
      proposals: [
        { kind: 'episodic', context: 'a', outcome: 'b', importance: 0.1, ...rest },
        { kind: 'semantic', confidence: 0.2, ...rest },
        { kind: 'procedural', trigger: 'c', ...rest },
      ],
      droppedCount: 0,
    });
  });

  test('never throws, whatever the answer is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"memories":[${json}]}`),
        ),
        (text) => {
          expect(['read', 'unreadable']).toContain(read(text).kind);
        },
      ),
    );
  });
});

test('facts come from their episodes and their messages, and are as old as the last of them', () => {
  const facts = [
    { text: 'Ada drinks tea.', confidence: 0.9, episodes: [1, 2] },
    { text: 'Of nothing.', episodes: [3] },
  ];
  expect(
    readFacts(JSON.stringify({ facts }), [
      { id: 11, createdAtMs: 2000, messageIds: [5, 6] },
      { id: 12, createdAtMs: 1000, messageIds: [6, 7] },
    ]),
  ).toEqual({
    kind: 'read',
    proposals: [
      {
        kind: 'semantic',
        text: 'Ada drinks tea.',
        confidence: 0.9,
        source: 'distilled',
        messageIds: [5, 6, 7],
        episodeIds: [11, 12],
        createdAtMs: 2000,
      },
    ],
    droppedCount: 1,
  });
});

test('verdicts on pairs that were not asked about, and other words, are left out', () => {
  const verdicts = [
    { pair: 1, verdict: 'same' },
    { pair: 2, verdict: 'delete' },
    { pair: 3, verdict: 'contradicts' },
    { pair: 0, verdict: 'same' },
    'all',
  ];
  expect(readVerdicts(JSON.stringify({ verdicts }), 2)).toEqual(new Map([[0, 'same']]));
  expect(readVerdicts('They are the same.', 2)).toBeNull();
});
