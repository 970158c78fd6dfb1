import { Hono, type HonoRequest } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '../core/clock.ts';
import { parseJson } from '../core/json.ts';
import { isFromTunnel } from '../pages/security.ts';
import type { Logger } from '../platform/log.ts';
import type { HealthReport } from './health.ts';
import { findBySecret } from './secret.ts';

const BODY_LIMIT_BYTES = 1024 * 1024;
const HEALTH_PATH = '/health';
const LOCAL_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/iu;
/** Anybody can knock, so knocks make a line a minute and no more. */
const REFUSALS_LOGGED_EVERY_MS = 60_000;

/** Where the tools of the turns that run are served. */
export const TOOLS_PATH = '/mcp';

/** A webhook: where it is, what carries the secret, and who takes updates there. */
export interface Webhook {
  /** `/telegram/webhook` */
  readonly path: string;
  readonly secretHeader: string;
  /** Those that there are now, told apart by their secrets. */
  readonly takers: () => readonly WebhookTaker[];
}

/** Who takes the updates that carry its secret. */
export interface WebhookTaker {
  readonly secret: string;
  /**
   * Takes an update and returns when it is committed. Returns false for something that is no update.
   *
   * @throws when it could not be committed; the platform is then asked to deliver it again.
   */
  receive(update: unknown): boolean;
}

/**
 * The HTTP face of the service. A webhook answers 200 after the commit and not before, 401 without the
 * secret, 413 over a megabyte, 400 for what is no update, 503 when it cannot commit or is stopping.
 * Everything else is for this machine alone: what came through the tunnel gets 404 there.
 */
export function createHttpApp(options: {
  readonly webhooks: readonly Webhook[];
  /** Serves `/mcp`: the tools of the turns that run. It looks after its own tokens and limits. */
  readonly tools?: (request: Request) => Promise<Response>;
  readonly health: () => Promise<HealthReport>;
  /** Whatever else there is to see on this machine. It looks after its own guests. */
  readonly pages?: Hono;
  readonly isStopping: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}): Hono {
  const { log } = options;
  const app = new Hono();
  let refusedCount = 0;
  let refusedLoggedAtMs = Number.NEGATIVE_INFINITY;
  const refused = (path: string) => {
    refusedCount += 1;
    if (options.clock.elapsed() - refusedLoggedAtMs < REFUSALS_LOGGED_EVERY_MS) return;
    log.warn({ path, reason: 'wrong secret', count: refusedCount }, 'webhook.refused');
    refusedLoggedAtMs = options.clock.elapsed();
    refusedCount = 0;
  };
  const webhookPaths = new Set(options.webhooks.map(({ path }) => path));

  app.use(async (context, next) => {
    if (webhookPaths.has(context.req.path)) return await next();
    // A page that has its own name point at 127.0.0.1 still says that name here.
    const isLocal = LOCAL_HOST.test(context.req.header('host') ?? '');
    return isFromTunnel(context) || !isLocal ? context.notFound() : await next();
  });

  /** Whose secret a request carried when it came. */
  const takers = new WeakMap<HonoRequest, WebhookTaker>();
  for (const webhook of options.webhooks) {
    app.post(
      webhook.path,
      async (context, next) => {
        if (options.isStopping()) return context.text('stopping', 503);
        const given = context.req.header(webhook.secretHeader) ?? '';
        const taker = findBySecret(webhook.takers(), given);
        if (taker === undefined) {
          refused(webhook.path);
          return context.text('wrong secret', 401);
        }
        takers.set(context.req, taker);
        return await next();
      },
      bodyLimit({
        maxSize: BODY_LIMIT_BYTES,
        onError: (context) => {
          context.header('connection', 'close');
          return context.text('too large', 413);
        },
      }),
      async (context) => {
        const update = parseJson(await context.req.text());
        if (update === undefined) return context.text('not JSON', 400);
        // The body may have taken a while to arrive.
        if (options.isStopping()) return context.text('stopping', 503);
        try {
          const isTaken = takers.get(context.req)?.receive(update) === true;
          return isTaken ? context.body(null, 200) : context.text('no update', 400);
        } catch (error) {
          log.error({ err: error }, 'webhook.not-committed');
          return context.text('not committed', 503);
        }
      },
    );
  }

  const { tools } = options;
  if (tools !== undefined) app.all(TOOLS_PATH, (context) => tools(context.req.raw));

  app.get(HEALTH_PATH, async (context) => {
    const report = await options.health();
    context.header('cache-control', 'no-store');
    return context.json(report, report.status === 'ok' ? 200 : 503);
  });

  const { pages } = options;
  if (pages !== undefined) {
    const own = new Set([...webhookPaths, TOOLS_PATH, HEALTH_PATH]);
    app.all('*', (context) =>
      own.has(context.req.path) ? context.notFound() : pages.fetch(context.req.raw, context.env),
    );
  }

  app.onError((error, context) => {
    // The other side went away, or was cut off for being slow, while its request was read.
    if ('code' in error && error.code === 'ECONNRESET') {
      log.debug({ path: context.req.path }, 'http.cut-off');
      return context.text('cut off', 400);
    }
    log.error({ path: context.req.path, err: error }, 'http.broken');
    return context.text('internal error', 500);
  });

  return app;
}
