import { basename } from 'node:path';
import type { ReadPrompt } from './prompt.ts';

/** A use of a tool, which takes its time. */
export interface Step {
  readonly tool: string;
  readonly input: Readonly<Record<string, string>>;
  readonly lastsMs: number;
}

/** What the echo does with a prompt. */
export type Reply =
  /** Markdown. */
  | { readonly kind: 'answer'; readonly steps: readonly Step[]; readonly text: string }
  | { readonly kind: 'usage-limit'; readonly steps: readonly Step[] };

const STEP_MS = 450;
const SLOW_STEP_COUNT = 10;
const SLOW_STEP_MS = 3000;
/** Telegram takes messages of up to 4,096 characters. */
const LONG_CHARS = 9000;
const FIRST_LINE_CHARS = 200;

const NOTE =
  '_I am the echo that is built in._ Install [Claude Code](https://code.claude.com/docs/en/setup) to talk to Claude.';

const INTRODUCTION = `I am the **echo** that is built into the playground, and only say again what you say. All the rest is real: your message came in by webhook, waited in the queue and ran as a turn, and this answer goes out through the outbox.

Some words do more, each sent by itself:

- \`slow\`: 30 seconds of steps. Stop me, fill the queue, or kill the service meanwhile
- \`long\`: more than 4,096 characters, which come in several messages
- \`code\`: a piece of code
- \`fail\`: a usage limit is reached

To talk to Claude, install [Claude Code](https://code.claude.com/docs/en/setup), run \`claude\` once to log in, and start the playground again.`;

const CODE = `Here is how to be an echo:

\`\`\`ts
/** Says again what was said. */
export function echo(words: string): string {
  return words.trim() === '' ? 'You said nothing.' : \`You said: \${words}\`;
}
\`\`\`

Call it as \`echo('hello')\`. ${NOTE}`;

/**
 * Decides what to do with a prompt.
 *
 * @param firstLineOf Reads the first line of a text file.
 */
export function replyTo(prompt: ReadPrompt, firstLineOf: (path: string) => string): Reply {
  const listening: Step = { tool: 'mcp__echo__listen', input: {}, lastsMs: STEP_MS };
  const repeating: Step = { tool: 'mcp__echo__repeat', input: {}, lastsMs: STEP_MS };
  switch (prompt.words.toLowerCase().replace(/[.!\s]+$/u, '')) {
    case 'slow':
      return {
        kind: 'answer',
        steps: Array.from({ length: SLOW_STEP_COUNT }, (_, index) => ({
          tool: `mcp__echo__step ${index + 1} of ${SLOW_STEP_COUNT}`,
          input: {},
          lastsMs: SLOW_STEP_MS,
        })),
        text: `Done: **${SLOW_STEP_COUNT} steps** in ${(SLOW_STEP_COUNT * SLOW_STEP_MS) / 1000} seconds, and nobody stopped me. ${NOTE}`,
      };
    case 'long':
      return { kind: 'answer', steps: [listening], text: longText() };
    case 'code':
      return { kind: 'answer', steps: [listening], text: CODE };
    case 'fail':
      return { kind: 'usage-limit', steps: [listening] };
    default: {
      const reading = prompt.files.map(({ path }): Step => ({
        tool: 'Read',
        input: { file_path: path },
        lastsMs: STEP_MS,
      }));
      return {
        kind: 'answer',
        steps: [...(reading.length === 0 ? [listening] : reading), repeating],
        text: [
          ...saidAgain(prompt.words),
          ...filesOf(prompt, firstLineOf),
          prompt.isFirst ? INTRODUCTION : NOTE,
        ].join('\n\n'),
      };
    }
  }
}

function saidAgain(words: string): readonly string[] {
  if (words === '') return [];
  const count = words.split(/\s+/u).length;
  const counted = `**${count}** ${count === 1 ? 'word' : 'words'}, \`${words.length}\` characters:`;
  return [`You said ${counted}\n\n${words.replaceAll(/^/gmu, '> ')}`];
}

function filesOf({ files }: ReadPrompt, firstLineOf: (path: string) => string) {
  if (files.length === 0) return [];
  const lines = files.map(({ path, description }) => {
    const name = basename(path).replace(/^\d+-/u, '');
    const told = description.startsWith('text')
      ? `. It begins with ${code(firstLineOf(path))}`
      : '';
    return `- ${code(name)} (${description})${told}`;
  });
  return [
    `You sent ${files.length === 1 ? 'a file' : `${files.length} files`}:\n\n${lines.join('\n')}`,
  ];
}

function code(text: string): string {
  const shown = text.slice(0, FIRST_LINE_CHARS).replaceAll('`', '’').trim();
  return shown === '' ? '_an empty line_' : `\`${shown}\``;
}

function longText(): string {
  const paragraphs = ['This is a **long** answer: Telegram takes 4,096 characters at a time.'];
  for (let count = 1; paragraphs.join('\n\n').length < LONG_CHARS; count += 1) {
    paragraphs.push(
      `**${count}.** An echo is a sound that comes back: at 343 metres a second, a wall that is ${count * 17} metres away answers after ${(count * 34) / 343 < 1 ? 'less than a second' : `${((count * 34) / 343).toFixed(1)} seconds`}.`,
    );
  }
  return `${paragraphs.join('\n\n')}\n\n${NOTE}`;
}
