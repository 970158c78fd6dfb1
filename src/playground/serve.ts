import { Hono } from 'hono';
import { ClaudioError } from '../core/error.ts';
import { listen } from '../http/server.ts';
import { ENTER_PATH } from '../pages/entrance.tsx';
import { isOwnPeer, peerOf } from '../pages/peer.ts';
import { guardPages } from '../pages/security.ts';
import type { Environment } from '../platform/configuration/load.ts';
import { createPlayground } from './playground.tsx';
import { randomSecret } from './service-settings.ts';
import { createStage, type AgentKind } from './stage.ts';

/** The playground, running. */
export interface RunningPlayground {
  /** With the key that leads in. */
  readonly link: string;
  /**
   * Makes a link that leads in once, and no other user of the machine where that can be told: all of them
   * see what a browser is started with.
   */
  linkForBrowser(): string;
  readonly agent: { readonly kind: AgentKind; readonly remedy: string | null };
  /** Ends everything and takes it away. May be called twice. */
  close(): Promise<void>;
}

const BROWSER_PATH = '/open';

/**
 * Sets the stage and serves the page on 127.0.0.1.
 *
 * @param options.port 0: a free one.
 * @throws ClaudioError `port.in-use`, and as {@link createStage} does.
 */
export async function startPlayground(options: {
  readonly agent?: AgentKind | undefined;
  readonly port: number;
  readonly environment: Environment;
  readonly tempDir?: string;
}): Promise<RunningPlayground> {
  const stage = await createStage(options);
  const ended = new AbortController();
  const key = randomSecret();
  let port = options.port;
  try {
    const page = createPlayground({ stage, key, port: () => port, ended: ended.signal });
    const browserKeys = new Set<string>();
    const app = new Hono();
    app.use(
      BROWSER_PATH,
      guardPages(() => port),
    );
    app.get(BROWSER_PATH, (context) => {
      if (!isOwnPeer(peerOf(context))) {
        return context.text('This link is for another user of this machine.', 403);
      }
      const isGood = browserKeys.delete(context.req.query('key') ?? '');
      return context.redirect(isGood ? `${ENTER_PATH}?key=${key}` : '/', 303);
    });
    app.all('*', (context) => page.fetch(context.req.raw, context.env));
    const server = await listen(app, options.port);
    port = server.port;
    const origin = `http://127.0.0.1:${port}`;
    return {
      link: `${origin}${ENTER_PATH}?key=${key}`,
      linkForBrowser: () => {
        const browserKey = randomSecret();
        browserKeys.add(browserKey);
        return `${origin}${BROWSER_PATH}?key=${browserKey}`;
      },
      agent: stage.agent,
      close: async () => {
        ended.abort();
        await Promise.all([server.close(), stage.close()]);
      },
    };
  } catch (error) {
    await stage.close();
    throw error instanceof ClaudioError && error.code === 'port.in-use'
      ? new ClaudioError({
          code: error.code,
          message: error.message,
          hint: 'Leave `--port` out, and a free one is taken.',
          cause: error,
        })
      : error;
  }
}
