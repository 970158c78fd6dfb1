import { withShell } from '../app/from-shell/open.ts';
import { inviteFromShell } from '../app/from-shell/console.ts';
import { openBrowser } from '../platform/process/open-browser.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { isUp } from './reload.ts';

/** `claudio console`: prints a link that leads into the console. 69 where the service does not run. */
export async function openConsole(
  context: CliContext,
  options: CommonOptions & { readonly open?: boolean },
): Promise<number> {
  const { ui, environment } = context;
  if (!(await isUp(context))) {
    ui.fail('The service does not run, and the console is a part of it: there is no way in now');
    ui.say('`claudio status` tells why, and what starts it.');
    return EXIT.unavailable;
  }
  // All users of the machine see what a browser is started with.
  const isOwn = options.open === true;
  const { url, expiresAtMs } = await withShell(environment, (shell) =>
    inviteFromShell(shell, isOwn),
  );
  if (options.json === true) {
    context.print(JSON.stringify({ url, expiresAt: new Date(expiresAtMs).toISOString() }));
  } else {
    context.print(url);
    ui.say('It leads into the console, once and within ten minutes, in a browser on this machine.');
    ui.say('Keep it to yourself: whoever opens it first is in, for 12 hours.');
    if (environment['SSH_CONNECTION'] !== undefined) {
      const { port } = new URL(url);
      ui.say(
        `From where you sit: \`ssh -L ${port}:127.0.0.1:${port} THIS-MACHINE\` in another terminal, then the link in your browser.`,
      );
    }
  }
  if (isOwn && !openBrowser(url, context.host)) {
    ui.warn('There is no browser to be opened from here: open the link yourself.');
  }
  return EXIT.ok;
}
