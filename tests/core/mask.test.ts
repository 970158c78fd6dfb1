import { createHash, randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMask, maskKeys, maskNote } from '../../src/core/mask.ts';
import { cpuTimeMs } from '../support/cpu-time.ts';

/** Nothing that looks like a secret stands in the repository: what does is put together here. */
const joined = (text: string): string => text.replaceAll('|', '');
/** Letters and digits as a key has them. */
const key = (length: number): string =>
  joined('aB3|dE5|fG7|hJ9|kL2|mN4|pQ6|rS8|tU1|vW0').repeat(12).slice(0, length);
const hex = (length: number): string => '0123456789abcdef'.repeat(8).slice(0, length);

const KEYS: readonly (readonly [string, string])[] = [
  ['AWS key', joined('AK|IA') + key(16).toUpperCase()],
  ['GitHub token', joined('gh|p_') + key(36)],
  ['GitHub token', joined('github|_pat_') + key(82)],
  ['GitLab token', joined('gl|pat-') + key(20)],
  ['Slack token', joined('xo|xb-') + '1234567890-' + key(24)],
  ['Stripe key', joined('sk|_live_') + key(24)],
  ['ElevenLabs key', joined('sk|_') + hex(48)],
  ['Anthropic key', joined('sk|-ant-') + 'api03-' + key(93)],
  ['API key', joined('sk|-proj-') + key(40)],
  ['API key', joined('sk|-') + hex(32)],
  ['Google key', joined('AI|za') + key(35)],
  ['npm token', joined('npm|_') + key(36)],
  ['Hugging Face token', joined('hf|_') + key(34)],
  ['DigitalOcean token', joined('dop|_v1_') + hex(64)],
  ['SendGrid key', `${joined('SG|.')}${key(22)}.${key(43)}`],
  ['Shopify token', joined('shp|at_') + hex(32)],
  ['PyPI token', joined('pyp|i-') + key(100)],
  ['Telegram token', `${joined('123456789:|AA')}${key(33)}`],
  ['web token', [joined('ey|J') + key(20), key(90), key(43)].join('.')],
];

const pem = (kind: string, lines: number): string =>
  [
    joined(`-----BEGIN |${kind}PRIVATE KEY-----`),
    ...Array.from({ length: lines }, () => key(64)),
    joined(`-----END |${kind}PRIVATE KEY-----`),
  ].join('\n');

describe('a key of a well-known kind', () => {
  it.each(KEYS)('is masked whole, and its kind is named: %s', (name, secret) => {
    const mark = `‹masked: ${name}›`;
    expect(maskKeys(`It is ${secret}, keep it.`)).toEqual({
      text: `It is ${mark}, keep it.`,
      maskedCount: 1,
    });
    expect(maskKeys(`KEY=${secret}\n`).text).toBe(`KEY=${mark}\n`);
    expect(maskKeys(`{"a":"\\n${secret}\\n"}`).text).toContain(mark);
    expect(maskKeys(`**${secret}** and \`${secret}\``).text).toBe(`**${mark}** and \`${mark}\``);
  });

  it('is found where Markdown stands in its middle', () => {
    const secret = joined('gh|p_') + key(36);
    const [head, tail] = [secret.slice(0, 12), secret.slice(12)];
    for (const text of [
      `\`${head}\`${tail}`,
      `${head}**${tail}**`,
      secret.replace('_', '\\_'),
      `${head}\u200B${tail}`,
      `\`${head}\`**${tail}**`,
    ]) {
      const masked = maskKeys(`See ${text}!`).text;
      expect(masked).toContain('‹masked: GitHub token›');
      expect(masked.replaceAll(/[*`\\]/gu, '')).toBe('See ‹masked: GitHub token›!');
    }
  });

  it('is found in the underlines of Markdown, in colours of a terminal, and where HTML spells a character', () => {
    const secret = joined('gh|p_') + key(36);
    const [head, tail] = [secret.slice(0, 12), secret.slice(12)];
    for (const text of [
      `_${secret}_`,
      `__${secret}__`,
      `\u001b[31m${secret}\u001b[0m`,
      `${head}\u001b[1;32m${tail}`,
      `${head}\u200e${tail}`,
      `${head}\ufe0f${tail}`,
      secret.replace('_', '&#95;'),
      secret.replace('_', '&#x5f;'),
      secret.replace('_', '&lowbar;'),
    ]) {
      const masked = maskKeys(`See ${text}, and &amp; &#39;`);
      expect(masked.text, text).toContain('‹masked: GitHub token›');
      expect(masked.text, text).toMatch(/^See .*, and &amp; &#39;$/u);
      expect(masked.text, text).not.toContain(tail.slice(0, 20));
    }
  });

  it('keeps what stands around a bearer token, a password in an address and a value in a file', () => {
    expect(maskKeys(`curl -H "Authorization: Bearer ${key(40)}" x`).text).toBe(
      'curl -H "Authorization: Bearer ‹masked: bearer token›" x',
    );
    expect(maskKeys(`postgres://ben:${key(9)}@db.example.org/x?a=b`).text).toBe(
      'postgres://ben:‹masked: password›@db.example.org/x?a=b',
    );
    expect(maskKeys(`${joined('aws_secret_|access_key')} = ${key(40)}\nregion = x`).text).toBe(
      `${joined('aws_secret_|access_key')} = ‹masked: AWS key›\nregion = x`,
    );
    expect(
      maskKeys(
        `https://${joined('hooks.slack|.com')}/services/T0${key(8)}/B0${key(8)}/${key(24)} it is`,
      ).text,
    ).toBe(`https://${joined('hooks.slack|.com')}/services/‹masked: Slack address› it is`);
  });
});

describe('a private key', () => {
  it.each(['', 'RSA ', 'OPENSSH ', 'ENCRYPTED '])('is masked with its markers: %s', (kind) => {
    expect(maskKeys(`Here:\n${pem(kind, 20)}\nand so on`).text).toBe(
      'Here:\n‹masked: private key›\nand so on',
    );
  });

  it('is masked in a quote, in a block of code, in JSON and with headers', () => {
    const block = pem('RSA ', 5);
    const headed = block.replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n');
    expect(maskKeys(`> ${block.replaceAll('\n', '\n> ')}\nSo.`).text).toBe(
      '> ‹masked: private key›\nSo.',
    );
    expect(maskKeys(`\`\`\`\n${block}\n\`\`\`\nSo.`).text).toBe(
      '```\n‹masked: private key›\n```\nSo.',
    );
    expect(maskKeys(JSON.stringify({ k: block, l: 1 })).text).toBe(
      '{"k":"‹masked: private key›","l":1}',
    );
    expect(maskKeys(`${headed} So.`).text).toBe('‹masked: private key› So.');
  });

  it('is masked as far as it goes where its end is missing', () => {
    const cut = pem('', 9).split('\n').slice(0, 6).join('\n').slice(0, -5);
    expect(maskKeys(`Look:\n${cut}`).text).toBe('Look:\n‹masked: private key›');
    expect(maskKeys(`Look:\n${cut}\nand that is all of it.`).text).toBe(
      'Look:\n‹masked: private key›\nand that is all of it.',
    );
  });

  it('is not taken for one where only its markers are spoken of', () => {
    const [first = '', last = ''] = pem('', 0).split('\n');
    const text = `It stands between \`${first}\` and \`${last}\`, see the documentation.`;
    expect(maskKeys(text)).toEqual({ text, maskedCount: 0 });
  });
});

describe('an own secret', () => {
  const token = joined('1:test|-token');
  const own = createMask(() => [token, 'e2e-secret/with+more', 'short']);

  it('is masked whatever it looks like, without its number and as it stands in an address', () => {
    expect(own(`https://api/bot${token}/getMe`).text).toBe(
      'https://api/bot‹masked: my own secret›/getMe',
    );
    expect(own(`The end is ${joined('test|-token')}.`).text).toBe(
      'The end is ‹masked: my own secret›.',
    );
    expect(own(`?s=${encodeURIComponent('e2e-secret/with+more')}`).text).toBe(
      '?s=‹masked: my own secret›',
    );
    expect(own('short words stay')).toEqual({ text: 'short words stay', maskedCount: 0 });
  });

  it('is found in base64, whatever stands before and behind it', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 7 }),
        fc.string({ maxLength: 7 }),
        fc.constantFrom('base64' as const, 'base64url' as const),
        (before, behind, encoding) => {
          const encoded = Buffer.from(`${before}e2e-secret/with+more${behind}`).toString(encoding);
          expect(own(encoded).maskedCount).toBe(1);
        },
      ),
    );
  });

  it('is known from the moment on from which it is one', () => {
    const secrets: string[] = [];
    const mask = createMask(() => secrets);
    expect(mask('It is another-secret.').maskedCount).toBe(0);
    secrets.push('another-secret');
    expect(mask('It is another-secret.').text).toBe('It is ‹masked: my own secret›.');
  });
});

describe('a text that is still being written', () => {
  const token = `${joined('987654321:|AA')}${key(33)}`;
  const secrets = [token, 'e2e-secret-e2e'];
  const own = createMask(() => secrets);

  it('never shows more than the beginning of a secret', () => {
    for (const secret of [...KEYS.map(([, one]) => one), ...secrets, pem('RSA ', 3)]) {
      const text = `First some words: ${secret} and then more.`;
      for (let length = 0; length <= text.length; length += 1) {
        const shown = own(text.slice(0, length), true).text;
        expect(shown).not.toContain(secret.slice(0, 16));
      }
    }
    for (const name of [joined('aws_secret_|access_key='), 'Bearer ', 'postgres://ben:']) {
      for (let length = 0; length <= 40; length += 1) {
        const shown = own(name + key(40).slice(0, length), true).text;
        expect(shown).not.toContain(key(3));
      }
    }
  });

  it('shows all of it where there is none, also as it is cut off', () => {
    for (const text of ['Running npm test', 'Reading src/core/mask.ts', 'See http://x.y/z', '']) {
      expect(own(text, true)).toEqual({ text, maskedCount: 0 });
    }
    expect(own(`Running curl -H ${token.slice(0, 30)}…`, true).text).toBe('Running curl -H …');
  });
});

describe('any text', () => {
  it.each([
    ['a commit', createHash('sha1').update('x').digest('hex')],
    ['a digest', `sha256:${createHash('sha256').update('x').digest('hex')}`],
    ['an id', randomUUID()],
    ['a package', `"integrity": "sha512-${randomBytes(64).toString('base64')}"`],
    ['a picture', `data:image/png;base64,iVBORw0KGgo${key(400)}`],
    ['a price', joined('price|_1') + key(23)],
    ['a product', joined('prod|_') + key(14)],
    ['a public key', joined('pk|_live_') + key(24)],
    ['a public key of SSH', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${key(43)} ben@host`],
    ['a certificate', `-----BEGIN CERTIFICATE-----\n${key(64)}\n-----END CERTIFICATE-----`],
    ['a placeholder', `${joined('gh|p_')}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`],
    ['a placeholder', joined('sk|-...')],
    ['a placeholder', joined('gh|p_xxx')],
    ['a placeholder', `${joined('sk|-ant-')}api03-your-key-goes-here-0000`],
    ['a placeholder', joined('gh|p_your_personal_access_token_here')],
    ['a placeholder', joined('AK|IAIOSFODNN7EXAMPLE')],
    ['a placeholder', 'postgres://user:password@localhost:5432/db'],
    ['a placeholder', 'https://$USER:${TOKEN}@github.com/x.git'],
    ['a placeholder', 'Authorization: Bearer $TOKEN'],
    ['a placeholder', 'Authorization: Bearer <your token>'],
    ['an address', 'https://example.org:8443/@scope/pkg?mail=a@b.org'],
    ['an address', 'git@github.com:owner/repo.git and ssh://git@host:22/x'],
    ['a map', `//# sourceMappingURL=data:application/json;base64,eyJ${key(300)}`],
    ['code', 'const highs_and_lows_of_the_whole_long_day_2026 = 1;'],
    ['code', 'class="sk-circle-fade-dot sk-fading-circle-item-12"'],
    ['a place', 'src/app.ts:12345:the-name-of-a-rather-long-function-there'],
    ['a model', 'claude-haiku-4-5-20251001'],
    ['prose', 'The bearer of this letter shall be heard in 2026-11-21T12:00.'],
  ])('that is ordinary stays as it is: %s', (_, text) => {
    expect(maskKeys(text)).toEqual({ text, maskedCount: 0 });
    expect(maskKeys(`It is \`${text}\`, ok`)).toEqual({
      text: `It is \`${text}\`, ok`,
      maskedCount: 0,
    });
  });

  it('that was masked stays as it is, and holds none of the secrets that it was made of', () => {
    const secrets = ['own-secret-1', 'another_own*secret', `${key(9)}own`];
    const own = createMask(() => secrets);
    const piece = fc.oneof(
      fc.constantFrom(...KEYS.map(([, one]) => one), ...secrets),
      fc.constantFrom(
        '**',
        '`',
        ' ',
        '\n',
        '-',
        '_',
        ':',
        'a',
        '0',
        '@',
        '://u:',
        'Bearer ',
        '‹',
        '›',
      ),
      fc.constant(pem('', 2)),
      fc.lorem({ maxCount: 3 }),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const { text } = own(pieces.join(''));
        expect(own(text)).toEqual({ text, maskedCount: 0 });
        for (const secret of secrets) expect(text).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });

  it('with a secret among other words holds it no more, and all the other words', () => {
    fc.assert(
      fc.property(
        fc.lorem({ maxCount: 30 }),
        fc.constantFrom(...KEYS),
        fc.lorem({ maxCount: 30 }),
        (before, [name, secret], behind) => {
          expect(maskKeys(`${before} ${secret} ${behind}`).text).toBe(
            `${before} ‹masked: ${name}› ${behind}`,
          );
        },
      ),
    );
  });

  const HUNDRED_KB = 100 * 1024;
  it.each([
    'Some words of **Markdown** with `code`, and a [link](https://example.org/a/b).\n',
    '`*~\\',
    'a`',
    joined('gh|p_'),
    joined('ey|Jaaaaaaaa-'),
    joined('ey|Jaaaaaaaa.'),
    joined('sk|-a1'),
    '123456:',
    '://a:b',
    'bearer 1',
    'BEARER\n\n\n',
    `${joined('-----BEGIN |PRIVATE KEY-----')}\n${key(20)} and more\n`,
    `${joined('-----BEGIN |PRIVATE KEY-----')}\nA: b\n`,
    joined('-----BEGIN |PRIVATE KEY-----'),
    '-----BEGIN ',
    ' ',
    'A',
    `${joined('gh|p_') + key(36)} `,
    'own-secret-',
    joined('AK|IA'),
    joined('hooks.slack|.com/services/T'),
  ])('of 100 KB takes well under a second: %j over and over', (piece) => {
    const own = createMask(() => ['own-secret-1', `${joined('987654321:|AA')}${key(33)}`]);
    const text = piece.repeat(Math.ceil(HUNDRED_KB / piece.length));
    const startedAt = cpuTimeMs();
    own(text);
    own(text, true);
    expect(cpuTimeMs() - startedAt).toBeLessThan(1000);
  });
});

describe('what is told of it', () => {
  it('names how many there were, and is nothing where there were none', () => {
    expect(maskNote(0)).toBe('');
    expect(maskNote(2)).toBe('🔒 I masked 2 things that look like keys.');
  });
});
