import { MARKER_VARIABLE } from '../agent/claude/environment.ts';
import { askFromShell, type Asked, type AskProgress } from '../app/from-shell/ask.ts';
import { withShell } from '../app/from-shell/open.ts';
import { ClaudioError } from '../core/error.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { givenText } from './given-text.ts';

/** A service that restarts is back sooner. */
const GONE_AFTER_MS = 60_000;

/**
 * `claudio ask`: the answer on standard output, and everything else on standard error.
 *
 * @throws ClaudioError `ask.in-turn`
 */
export async function ask(
  context: CliContext,
  prompt: string | undefined,
  options: CommonOptions & { readonly bot?: string },
): Promise<number> {
  if (context.environment[MARKER_VARIABLE] !== undefined) {
    throw new ClaudioError({
      code: 'ask.in-turn',
      message: 'This runs in a turn, and the question would wait for its end. Nothing was asked.',
      hint: 'Ask in the chat or in a terminal of your own; `claudio send` works here.',
    });
  }
  const text = await givenText(context, prompt, 'claudio ask');
  const left = new AbortController();
  const leave = () => left.abort();
  const status = createStatusLine(process.stderr);
  const asked = await withShell(
    context.environment,
    async (shell) => {
      process.on('SIGINT', leave);
      try {
        return await askFromShell(
          shell,
          { text, author: context.host.userName },
          {
            signal: left.signal,
            goneAfterMs: GONE_AFTER_MS,
            onProgress: (progress) => status.show(progressLine(progress)),
          },
        );
      } finally {
        process.off('SIGINT', leave);
        status.clear();
      }
    },
    { bot: options.bot },
  );
  if (options.json === true) context.print(JSON.stringify(reportOf(asked)));
  else if (asked.kind === 'answered') context.print(asked.text);
  if (asked.kind === 'answered') return EXIT.ok;
  const { words, code } = wordsOn(asked);
  process.stderr.write(`${words}\n`);
  return code;
}

type Unanswered = Exclude<Asked, { kind: 'answered' }>;

function wordsOn(asked: Unanswered): { readonly words: string; readonly code: number } {
  switch (asked.kind) {
    case 'full':
      return {
        words: `The queue is full: ${asked.waitingCount} wait already. Nothing was asked.\nTry again when some of them are answered; /queue in the chat lists them.`,
        code: EXIT.tryAgain,
      };
    case 'refused':
      return { words: `${asked.text}\nNothing was asked.`, code: EXIT.tryAgain };
    case 'left':
      return {
        words: 'Not waiting any longer: the answer comes in the chat.\n/stop there ends the turn.',
        code: EXIT.cancelled,
      };
    case 'service-gone':
      return {
        words:
          'The service went away before there was an answer.\nThe question is kept: what became of it is told in the chat when the service runs again (`claudio restart`).',
        code: EXIT.unavailable,
      };
    case 'failed':
    case 'interrupted':
    case 'cancelled':
      return { words: asked.text, code: EXIT.failed };
  }
}

function reportOf(asked: Asked) {
  if (asked.kind !== 'answered') {
    const turn = 'turnId' in asked ? asked.turnId : null;
    return { status: asked.kind, answer: null, turn, reason: wordsOn(asked).words };
  }
  const { text: answer, turnId: turn, model, tokens, costUsd, durationMs } = asked;
  return { status: 'answered', answer, turn, model, tokens, costUsd, durationMs };
}

function progressLine({ isRunning, beforeCount, activity }: AskProgress): string {
  if (isRunning) return activity ?? 'Thinking';
  return beforeCount === 0
    ? 'Waiting'
    : `Waiting behind ${beforeCount} other${beforeCount === 1 ? '' : 's'}`;
}

/** One line that is written over itself, in a terminal; nothing elsewhere. */
function createStatusLine(stream: NodeJS.WriteStream) {
  let shown = '';
  const write = (text: string): void => {
    if (!stream.isTTY || text === shown) return;
    shown = text;
    const width = Math.max(10, stream.columns - 4);
    const line = text.replaceAll(/\s+/gu, ' ').slice(0, width);
    stream.write(`\r\u001B[K${line === '' ? '' : `… ${line}`}`);
  };
  return { show: write, clear: () => write('') };
}
