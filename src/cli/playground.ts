import { ClaudioError } from '../core/error.ts';
import { openBrowser } from '../platform/process/open-browser.ts';
import { startPlayground, type RunningPlayground } from '../playground/serve.ts';
import type { AgentKind } from '../playground/stage.ts';
import { EXIT, type CliContext } from './context.ts';
import { untilInterrupted } from './interrupt.ts';

/** What can be said on the command line. */
export interface PlaygroundOptions {
  /** Left out: Claude Code where it is there and logged in, else the echo. */
  readonly agent?: AgentKind;
  /** Left out: a free one. */
  readonly port?: number;
  /** Whether the page is opened in a browser. */
  readonly open: boolean;
}

/**
 * Runs the playground until INT, TERM or HUP, and takes everything away again. A second signal ends the
 * process at once.
 *
 * @returns 0 when it was ended.
 * @throws ClaudioError `cli.cancelled` where it was broken off before it ran, and what the start throws.
 */
export async function playground(
  { ui, host, environment, print }: CliContext,
  { agent, port = 0, open }: PlaygroundOptions,
): Promise<number> {
  let starting: Promise<RunningPlayground> | undefined;
  let isRunning = false;
  try {
    return await untilInterrupted(async (signal) => {
      ui.say(
        'The whole service, in a throw-away home and with a stand-in of Telegram beside it: no bot, no account, no tunnel.',
      );
      const begun = startPlayground({ agent, port, environment });
      starting = begun;
      const running = await ui.step('Starting it', () => begun);
      signal.throwIfAborted();
      isRunning = true;
      sayWhoAnswers(ui, running.agent);
      ui.say('Ctrl-C ends it, and takes everything away again.');
      print(`\n  ${running.link}\n`);
      if (open) openBrowser(running.linkForBrowser(), host);
      return await new Promise<never>(() => undefined);
    });
  } catch (error) {
    // What failed has taken itself away.
    const running = await starting?.catch(() => null);
    await running?.close();
    if (!(error instanceof ClaudioError && error.code === 'cli.cancelled')) throw error;
    if (isRunning) {
      ui.done('The playground is over, and nothing of it is left.');
      return EXIT.ok;
    }
    const { code, message } = error;
    throw new ClaudioError({ code, message, hint: 'Nothing of the playground is left.' });
  }
}

function sayWhoAnswers(ui: CliContext['ui'], agent: RunningPlayground['agent']): void {
  if (agent.kind === 'claude') {
    ui.done('Claude Code answers, logged in as you. What you ask it counts as always.');
  } else if (agent.remedy === null) {
    ui.done('The echo answers, as you asked.');
  } else {
    ui.warn(`The built-in echo answers. ${agent.remedy}`);
  }
}
