import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretLike } from '../../src/core/secret-like.ts';
import { cpuTimeMs } from '../support/cpu-time.ts';

/** Nothing that looks like a secret stands in the repository: what does is put together here. */
const joined = (text: string): string => text.replaceAll('|', '');
/** Letters and digits as a key has them. */
const key = (length: number): string =>
  joined('aB3|dE5|fG7|hJ9|kL2|mN4|pQ6|rS8|tU1|vW0').repeat(2).slice(0, length);

describe('a secret of a well-known kind', () => {
  it.each([
    ['AWS', joined('AK|IA') + key(16).toUpperCase()],
    ['GitHub', joined('gh|p_') + key(36)],
    ['GitHub, fine-grained', joined('github|_pat_') + key(22)],
    ['GitLab', joined('gl|pat-') + key(20)],
    ['Slack', joined('xo|xb-') + '1234567890-' + key(12)],
    ['Stripe', joined('sk|_live_') + key(24)],
    ['Anthropic', joined('sk|-ant-') + 'api03-' + key(40)],
    ['OpenAI', joined('sk|-proj-') + key(40)],
    ['Google', joined('AI|za') + key(35)],
    ['npm', joined('npm|_') + key(36)],
    ['Hugging Face', joined('hf|_') + key(34)],
    ['DigitalOcean', joined('dop|_v1_') + '0123456789abcdef'.repeat(4)],
    ['SendGrid', `${joined('SG|.')}${key(22)}.${key(43)}`],
    ['Shopify', joined('shp|at_') + '0123456789abcdef'.repeat(2)],
    ['PyPI', joined('pyp|i-') + key(40)],
    ['Telegram', `${joined('123|456:AA')}${key(33)}`],
    ['a JSON web token', [joined('ey|J') + key(20), key(30), key(30)].join('.')],
    ['a private key', joined('-----BEGIN |OPENSSH PRIVATE KEY----- AAAA')],
    ['an address with a password', joined('postgres://user:|pass@host/db')],
    ['a bearer', joined('Authorization: Bear|er ') + key(20)],
  ])('is seen: %s', (_, secret) => {
    expect(isSecretLike(secret)).toBe(true);
    expect(isSecretLike(`Ben's is "${secret}", keep it.`)).toBe(true);
  });
});

describe('a value that is called a secret', () => {
  it.each(
    [
      'my password is hunter|2',
      'The wifi password is sword|fish.',
      'the password for the wireless network is Kx9|-abc',
      'We changed the password to hunter|22.',
      'password hunter|2',
      'The password is "sword|fish"',
      'Password = sword|fish',
      'Passwort: sommer|wind',
      'Das Passwort lautet Sommer|',
      'Kennwort für die Kiste ist sommer|1',
      'DB_PASSWORD=geheim|99',
      'pw: hunter|2',
      'api key: abcdef|1234',
      '{"token": "abcd|efgh"}',
      'GITHUB_TOKEN=abc|def',
      'The token is a1b2|c3d4e5',
      'client_secret: a1b2|c3d4e5',
      'My PIN is 47|11.',
      'My PIN is 47|11 and works.',
      'PIN: 08|15',
      'The pin for the card is 12|34',
    ].map(joined),
  )('is seen: %s', (text) => {
    expect(isSecretLike(text)).toBe(true);
  });

  it.each([
    'The password is kept in the safe.',
    'The password is wrong.',
    'Das Passwort ist falsch.',
    'Password: see the vault',
    'Passwords are changed every 90 days.',
    'The password must have 12 characters.',
    'Ben forgot the password of the router again.',
    'The token limit is 200000.',
    'A token: about four letters.',
    'The secret is to stir slowly.',
    'The secretary: Anna.',
    'Pin the 3 newest messages.',
    'The PIN was changed on 12.03.2026.',
    'His tan is from 1995.',
    'A good API key is rotated.',
  ])('is not taken for one: %s', (text) => {
    expect(isSecretLike(text)).toBe(false);
  });
});

describe('a long word', () => {
  it.each(['base64', 'base64url'] as const)(
    'of random bytes in %s is nearly always seen',
    (encoding) => {
      const texts = Array.from(
        { length: 1000 },
        () => `It is ${randomBytes(32).toString(encoding)}.`,
      );
      // Some begin as a path does, and some look like words.
      expect(texts.filter(isSecretLike).length).toBeGreaterThan(920);
    },
  );

  it.each([
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    '550e8400-e29b-41d4-a716-446655440000',
    '/usr/local/lib/node_modules/onnxruntime-web/dist/ort-wasm-simd.wasm',
    'src/platform/Configuration/loadAllOfThem.ts',
    'https://docs.example.org/document/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit',
    'claude-haiku-4-5-20251001',
    'getUserByIdAndUpdateNameV2Handler',
    'IMG_20260115_123456_HDR_final.jpg',
    '2026-01-15T12:00:00.000Z',
    'Donaudampfschifffahrtsgesellschaftskapitän',
    'sentence-transformers/all-MiniLM-L6-v2',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  ])('is no secret: %s', (word) => {
    expect(isSecretLike(`It is at ${word} now.`)).toBe(false);
  });
});

describe('any text', () => {
  const WORDS =
    'Ben Anna the a and or not likes prefers always never tea coffee house garden boat password passwords token secret key pin code works at in on for with from every Monday morning 7 12 2026 meeting project release TypeScript SQLite database server kept safe changed wants short answers in German, über Straße Kühlschrank 日本語 🙂'.split(
      ' ',
    );

  it('of ordinary words is never secret-like', () => {
    const prose = fc
      .array(fc.constantFrom(...WORDS), { maxLength: 100 })
      .map((words) => `${words.join(' ')}.`)
      .filter((text) => !/(?:passwords?|secret key|pin|pin code) 2026/u.test(text));
    fc.assert(
      fc.property(prose, (text) => {
        expect(isSecretLike(text)).toBe(false);
      }),
    );
  });

  it('hides no secret', () => {
    fc.assert(
      fc.property(fc.lorem(), fc.lorem(), (before, after) => {
        const secret = joined('gh|p_') + key(36);
        expect(isSecretLike(`${before} ${secret} ${after}`)).toBe(true);
      }),
    );
  });

  it.each([
    'password is ',
    'password for a ',
    'password"""',
    'pin for ',
    'token=',
    'eyJaaaaaaaa-',
    'sk-',
    '://a:',
    '-----BEGIN A ',
    'bearer aaaaaaaaaaaaaaaa ',
    '12345:',
    ' ',
    'aA1',
    'a',
  ])('of 100 KB takes well under a second: %j over and over', (part) => {
    const text = part.repeat(Math.ceil(100_000 / part.length));
    const startedMs = cpuTimeMs();
    isSecretLike(text);
    expect(cpuTimeMs() - startedMs).toBeLessThan(1000);
  });
});
