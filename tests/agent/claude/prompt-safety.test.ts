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

const SECRET = 'the-content-of';

const contentOf = (file: string): string => `${SECRET} <${file}>\n`;

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

/** How a file can be named, each way with a file of its own, in the home or below it. */
const TARGETS: readonly { readonly file: string; readonly written: (home: string) => string }[] = [
  { file: 'absolute.txt', written: (home) => `${home}/absolute.txt` },
  { file: 'quoted.txt', written: (home) => `"${home}/quoted.txt"` },
  { file: 'lines.txt', written: (home) => `${home}/lines.txt#L1-2` },
  { file: 'relative.txt', written: () => 'relative.txt' },
  { file: 'dotted.txt', written: () => './dotted.txt' },
  { file: 'tilde.txt', written: () => '~/tilde.txt' },
  { file: 'a folder/spaced.txt', written: () => '"a folder/spaced.txt"' },
  { file: '.env', written: () => '.env' },
  { file: 'noext', written: () => 'noext' },
  { file: 'ü.txt', written: () => 'ü.txt' },
];

describe('what a prompt cannot do', () => {
  let rig: Rig;
  let targets: readonly string[];
  beforeAll(async () => {
    rig = await openRig();
    mkdirSync(`${rig.home}/a folder`);
    for (const { file } of TARGETS) writeFileSync(`${rig.home}/${file}`, contentOf(file));
    for (const [index] of OPENERS.entries()) {
      writeFileSync(`${rig.home}/opened-${index}.txt`, contentOf(`opened-${index}.txt`));
    }
    targets = TARGETS.map(({ written }) => written(rig.home));
  });
  beforeEach(() => {
    rig.model.reset();
    rig.model.always(() => textReply('Fine.'));
  });
  afterAll(() => rig.close());

  const opened = (index: number): string => `${OPENERS[index]}@${rig.home}/opened-${index}.txt`;
  const mentions = (): string[] => [
    ...OPENERS.map((_, index) => opened(index)),
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
    const openers = [' ', '\n', '\u00a0', '\ufeff', '。', '！'].map((o) => OPENERS.indexOf(o));
    const prompt = [...openers.map(opened), ...targets.map((target) => ` @${target}`)].join(' x');
    const bodies = await bodiesOf(prompt, {});
    const files = [
      ...openers.map((index) => `opened-${index}.txt`),
      ...TARGETS.map(({ file }) => file),
    ];
    for (const file of files) expect(bodies).toContain(contentOf(file).trim());
  });

  it('no mention of a file is read, in words alone, for a version that knows no switch', async () => {
    const prompt = defusePrompt(mentions().join(' x'));
    const bodies = await bodiesOf(prompt, {});
    expect(bodies).toContain('\\\\@');
    expect(bodies).not.toContain(SECRET);
  });

  it.each(TARGETS)('no mention of $file at the very start is read', async ({ file, written }) => {
    const prompt = `@${written(rig.home)}`;
    expect(await bodiesOf(prompt, {})).toContain(contentOf(file).trim());
    rig.model.reset();
    rig.model.always(() => textReply('Fine.'));
    const bodies = await bodiesOf(defusePrompt(prompt), {});
    expect(bodies).toContain(file);
    expect(bodies).not.toContain(SECRET);
  });

  it('no mention of a file is read through the switch alone', async () => {
    const bodies = await bodiesOf(mentions().join(' x'), {
      CLAUDE_CODE_DISABLE_FILE_MENTIONS: '1',
    });
    expect(bodies).toContain('relative.txt');
    expect(bodies).not.toContain(SECRET);
  });

  it('no mention in the system prompt is read', async () => {
    const request = rig.request({ systemPrompt: `@${targets[0]}\nx @relative.txt` });
    await outcomeOf(rig.agent, request);
    expect(rig.model.requests).toHaveLength(1);
    expect(rig.model.requests[0]?.system).toContain('@relative.txt');
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
    const text = 'me@example.com "@types/node" (@Input) git@host:repo a/@b \\@x 看@你';
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
