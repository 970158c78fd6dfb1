import { stripVTControlCharacters } from 'node:util';

const FRAMES = ['◒', '◐', '◓', '◑'];
const FRAME_MS = 100;
/** Back to the begin of the line, and away with what stands there. */
const WIPE = '\r\u001b[2K';

const ignore = () => undefined;

/** A line in a terminal that moves while something takes its time. */
export interface Spinner {
  tell(text: string): void;
  /** Takes the line away. */
  end(): void;
}

/**
 * Shows that something is under way. Ctrl-C stays a signal, which the spinner of clack turns into an exit
 * with 0 in the middle of the work. What is typed meanwhile is no answer to the next question.
 */
export function startSpinner(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  title: string,
): Spinner {
  let text = title;
  let frame = 0;
  const draw = () => {
    frame = (frame + 1) % FRAMES.length;
    const width = Math.max(20, (output.columns || 80) - 6);
    const shown = stripVTControlCharacters(text.split('\n')[0] ?? '').slice(0, width);
    output.write(`${WIPE}${FRAMES[frame] ?? ''}  ${shown}…`);
  };
  input.on('data', ignore).resume();
  const timer = setInterval(draw, FRAME_MS);
  draw();
  return {
    tell: (told) => {
      text = told;
    },
    end: () => {
      clearInterval(timer);
      input.off('data', ignore).pause();
      output.write(WIPE);
    },
  };
}
