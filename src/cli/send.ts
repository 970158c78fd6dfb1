import { withShell } from '../app/from-shell/open.ts';
import { sendFromShell } from '../app/from-shell/send.ts';
import { EXIT, type CliContext } from './context.ts';
import { givenText } from './given-text.ts';

/** How long a delivery is waited for. */
const WAIT_MS = 30_000;

/** `claudio send`: 0 where the message was delivered or is kept, 1 where it cannot be delivered. */
export async function send(
  context: CliContext,
  text: string | undefined,
  options: { readonly file?: string; readonly bot?: string },
): Promise<number> {
  const { file } = options;
  // With a file, words are wanted only where they were given: cron has no standard input to wait for.
  const isBare = file !== undefined && text === undefined;
  const markdown = isBare ? '' : await givenText(context, text, 'claudio send');
  const message = { markdown, ...(file === undefined ? {} : { file }) };
  const sent = await withShell(
    context.environment,
    (shell) => sendFromShell(shell, message, WAIT_MS),
    { bot: options.bot },
  );
  switch (sent.kind) {
    case 'delivered':
      context.ui.done('Delivered.');
      return EXIT.ok;
    case 'kept':
      context.ui.warn(
        sent.isServiceUp
          ? `Kept: it goes out as soon as Telegram can be reached.${sent.reason === null ? '' : ` (${sent.reason})`}`
          : 'Kept: the service is not running, and sends it when it starts.',
      );
      return EXIT.ok;
    case 'failed':
      process.stderr.write(
        `The message cannot be delivered: ${sent.reason}.\n\`claudio doctor\` looks at what may be wrong.\n`,
      );
      return EXIT.failed;
  }
}
