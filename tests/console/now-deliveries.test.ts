import { describe, expect, test } from 'vitest';
import { chatMoves } from '../../drizzle/schema.ts';
import { site } from './now-site.ts';

const MINUTE_MS = 60_000;

describe('what was not delivered', () => {
  test('is shown with its words, its reason and a way to send it again or let it be', async () => {
    const { run, part, list, section } = site();
    const { turnId } = run('one');
    part({ turnId, reason: '403: Forbidden: bot was blocked by the user' });
    part({ part: { markdown: 'An answer.' }, reason: null });
    expect(await list('failed')).toEqual([
      'Not delivered',
      'An answer.',
      'Failed',
      'Owner (main, chat 42) · given up just now',
      'No reason is known.',
      'Resend “An answer.”',
      'Discard “An answer.”',
      'words',
      'Failed',
      'Owner (main, chat 42) · given up just now',
      '403: Forbidden: bot was blocked by the user',
      'Resend “words”',
      'Discard “words”',
    ]);
    const html = await section('failed');
    expect(html.match(/action="[^"]*"/gu)).toEqual([
      'action="/deliveries/2/resend"',
      'action="/deliveries/2/dismiss"',
      'action="/deliveries/1/resend"',
      'action="/deliveries/1/dismiss"',
    ]);
    expect(html).toContain('href="/conversations/telegram%3A1%3A42?turn=1#turn-1"');
  });

  test.each([
    [{ text: 'See:', files: [{ path: '/x', name: 'a.zip' }] }, 'See: (a.zip)'],
    [{ text: '', files: ['a', 'b'].map((name) => ({ path: '/x', name })) }, '(a, b)'],
    [{ kind: 'document', fileName: 'answer.md', content: 'long' }, '(answer.md)'],
    [{ kind: 'series', parts: [{ text: 'the first' }, { text: 'the second' }] }, 'the first'],
    [{ kind: 'removal', messageId: 7 }, '(a change to an earlier message)'],
  ])('has words for a part of any kind: %o', async (content, words) => {
    const { part, list } = site();
    part({ part: content });
    expect((await list('failed'))[1]).toBe(words);
  });

  test('says in place of the button why a part cannot be sent again', async () => {
    const { part, list, section, database, clock } = site();
    const file = { path: '/x', name: 'a.zip' };
    part({ part: { text: '', files: [file] } });
    expect(await list('failed')).toContain(
      'Its files were removed when it failed, so it cannot be sent again.',
    );
    expect(await section('failed')).not.toContain('/resend');
    expect(await section('failed')).toContain('/dismiss');
    part({}, '-7');
    const moved = { destination: 'telegram:1:-1007', knownAs: 'telegram:1:-7', atMs: clock.now() };
    database.orm.insert(chatMoves).values(moved).run();
    expect(await list('failed')).toContain('Its chat has moved since, so it cannot be sent again.');
    expect(await section('failed')).not.toContain('/resend');
  });

  test('is shown, while it is tried again by itself, with attempts, next try and reason, without buttons', async () => {
    const { part, list, section, clock } = site();
    const reason = '502: Bad Gateway';
    const held = { status: 'pending', reason, endedAtMs: null } as const;
    part({ ...held, attemptCount: 3, dueAtMs: clock.now() + 2 * MINUTE_MS });
    part({ ...held, status: 'sending', attemptCount: 1 });
    part({ ...held, attemptCount: 0, reason: null, part: { text: 'new' } });
    expect(await list('failed')).toEqual([
      'Not delivered',
      'Tried again by itself',
      'words',
      'Held up',
      'main, chat 42 · tried 3 times · next try in 2 min',
      reason,
      'words',
      'Held up',
      'main, chat 42 · tried once · being tried now',
      reason,
    ]);
    expect(await section('failed')).not.toContain('<form');
  });

  test('is shown no more once it was sent again or let be', async () => {
    const { part, acts, list } = site();
    acts.resend(part({ part: { text: 'one' } }));
    acts.dismiss(part({ part: { text: 'two' } }));
    expect(await list('failed')).toHaveLength(2);
  });
});
