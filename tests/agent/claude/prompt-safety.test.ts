import fc from 'fast-check';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claudeArguments } from '../../../src/agent/claude/arguments.ts';
import { permissionsOf } from '../../../src/agent/claude/permissions.ts';
import { claudeEnvironment } from '../../../src/agent/claude/environment.ts';
import { defusePrompt } from '../../../src/agent/claude/prompt-safety.ts';
import { runToEnd } from '../../../src/platform/process/capture.ts';
import { CLAUDE_PATH, emptyEnvironment } from '../../environment.ts';
import { textReply } from '../../standins/model/reply.ts';
import { openRig, outcomeOf, type Rig } from './rig.ts';

const NO_TOOLS = permissionsOf({
  tools: [],
  limit: null,
  mode: 'auto',
  deniedFiles: [],
  folders: null,
  toolServer: null,
});

const SECRET = 'the-content-of-a-file';

/** Before an `@`: what Claude Code 2.1.329 takes for the start of a word, then what others might. */
const OPENERS = [
  '',
  ' ',
  '\t',
  '\n',
  '\v',
  '\f',
  '\r',
  '\u00a0',
  '\u1680',
  '\u2003',
  '\u2028',
  '\u2029',
  '\u202f',
  '\u205f',
  '\u3000',
  '\ufeff',
  '、',
  '。',
  '？',
  '！',
  '\u200b',
  '\u200d',
  '\u2060',
  '\u0085',
  '\u001b',
  '，',
  '：',
  '「',
  '（',
  '…',
  '😀',
  '\u0301',
];

describe('what a prompt cannot do', () => {
  let rig: Rig;
  let targets: readonly string[];
  beforeAll(async () => {
    rig = await openRig();
    mkdirSync(`${rig.home}/a folder`);
    for (const name of ['secret.txt', 'a folder/secret.txt', '.env', 'noext', 'ü.txt']) {
      writeFileSync(`${rig.home}/${name}`, `${SECRET}\n`);
    }
    const absolute = `${rig.home}/secret.txt`;
    targets = [
      absolute,
      `"${absolute}"`,
      `${absolute}#L1-2`,
      'secret.txt',
      './secret.txt',
      '~/secret.txt',
      '"a folder/secret.txt"',
      '.env',
      'noext',
      'ü.txt',
    ];
  });
  beforeEach(() => {
    rig.model.reset();
    rig.model.always(() => textReply('Fine.'));
  });
  afterAll(() => rig.close());

  const mentions = (): string[] => [
    ...OPENERS.map((opener) => `${opener}@${targets[0]}`),
    ...targets.map((target) => `look at @${target} please`),
    ...targets.map((target) => `@${target}`),
  ];

  /** Runs the program by itself, so that a prompt can be sent as it is and with either safety alone. */
  async function bodiesOf(prompt: string, extra: Record<string, string>): Promise<string> {
    const env = {
      ...claudeEnvironment(emptyEnvironment({ home: rig.home, baseUrl: rig.model.url }), 'm'),
      CLAUDE_CODE_MAX_RETRIES: '0',
      CLAUDE_CODE_DISABLE_FILE_MENTIONS: '',
      ...extra,
    };
    const args = claudeArguments({
      model: 'sonnet',
      permissions: NO_TOOLS,
      settingsPath: null,
      systemPromptPath: null,
      readableDirs: [],
      toolServer: null,
    });
    const command = { file: CLAUDE_PATH, args, cwd: rig.home, env, stdin: prompt };
    await runToEnd(command, 20_000, new AbortController().signal);
    return [...rig.model.requests, ...rig.model.sideRequests].map(({ body }) => body).join('\n');
  }

  it('the hazard is real: without any safety each kind of mention is read', async () => {
    const separate = [' ', '\n', '\u00a0', '\ufeff', '。', '！'].map((o) => `x${o}@${targets[0]}`);
    for (const prompt of [...separate, ...targets.map((target) => `x @${target}`)]) {
      rig.model.reset();
      rig.model.always(() => textReply('Fine.'));
      expect(await bodiesOf(prompt, {}), prompt).toContain(SECRET);
    }
  });

  it('no mention of a file is read, in words alone, for a version that knows no switch', async () => {
    const prompt = defusePrompt(mentions().join(' x'));
    const bodies = await bodiesOf(prompt, {});
    expect(bodies).toContain('\\\\@');
    expect(bodies).not.toContain(SECRET);
  });

  it('no mention at the very start is read', async () => {
    const first = targets.map((target) => `@${target}`);
    for (const prompt of first) {
      const bodies = await bodiesOf(defusePrompt(prompt), {});
      expect(bodies).toContain('secret');
      expect(bodies, prompt).not.toContain(SECRET);
    }
  });

  it('no mention of a file is read through the switch alone', async () => {
    const bodies = await bodiesOf(mentions().join(' x'), {
      CLAUDE_CODE_DISABLE_FILE_MENTIONS: '1',
    });
    expect(bodies).toContain('secret.txt');
    expect(bodies).not.toContain(SECRET);
  });

  it('no mention in the system prompt is read', async () => {
    const request = rig.request({ systemPrompt: `@${targets[0]}\nx @secret.txt` });
    await outcomeOf(rig.agent, request);
    expect(rig.model.requests).toHaveLength(1);
    expect(rig.model.requests[0]?.system).toContain('@secret.txt');
    expect(rig.model.requests[0]?.body).not.toContain(SECRET);
  });

  it('a leading slash is text, not a command', async () => {
    for (const prompt of ['/context', '  /cost', '\n/config autoCompact=false', '/exit']) {
      rig.model.reset();
      rig.model.always(() => textReply('Fine.'));
      const outcome = await outcomeOf(rig.agent, rig.request({ prompt }));
      expect(outcome, prompt).toMatchObject({ kind: 'answered', text: 'Fine.' });
      expect(rig.model.requests[0]?.text).toContain(prompt.trim());
    }
  });

  it('leaves addresses, packages in quotes and decorators in parentheses as they are', () => {
    const text = 'ada@example.com "@types/node" (@Input) git@host:repo a/@b \\@x 看@你';
    expect(defusePrompt(text)).toBe(text);
  });

  it('adds visible backslashes and nothing else, and is done after one go', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const safe = defusePrompt(text);
        expect(safe).not.toMatch(/(^|[\s、。？！])@/u);
        expect(safe).not.toMatch(/^[\s\uFEFF]*\//);
        expect(safe.replaceAll('\\', '')).toBe(text.replaceAll('\\', ''));
        expect(defusePrompt(safe)).toBe(safe);
      }),
    );
  });
});
