import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { contextStorage } from 'hono/context-storage';
import { hasCode } from '../core/error.ts';
import { createAssets } from '../pages/assets.ts';
import { createEntrance, openToken } from '../pages/entrance.tsx';
import { Page } from '../pages/page.tsx';
import { guardPages } from '../pages/security.ts';
import { auditPage } from './audit.tsx';
import { checksPage } from './checks.tsx';
import { configurationPage } from './configuration.tsx';
import { conversationPage } from './conversation.tsx';
import { conversationsPage } from './conversations.tsx';
import { Frame, type FrameEnv } from './frame.tsx';
import { livePage } from './live.tsx';
import { memoriesPage } from './memories.tsx';
import { nowPage } from './now.tsx';
import type { ConsoleParts } from './parts.ts';
import { searchPage } from './search.tsx';
import { CONSOLE_STYLES } from './styles.ts';
import { usagePage } from './usage.tsx';
import { whileOpen } from './while-open.ts';

/** More than any form of these pages holds. */
const MAX_FORM_BYTES = 64 * 1024;

/**
 * The console: pages for the owner, on this machine alone and behind a link that `claudio console` prints.
 * What they show they read from the database, and what they do becomes rows there.
 */
export function createConsole(parts: ConsoleParts): Hono {
  const cookie = () => `claudio_console_${parts.port()}`;
  const inside = createInside(parts, cookie);
  const app = new Hono();
  app.use(guardPages(parts.port));
  app.route(
    '/',
    createEntrance({
      sessions: parts.sessions,
      cookie,
      title: 'Claudio',
      refused:
        'Run `claudio console` in a terminal on this machine: it prints a link that leads in.',
    }),
  );
  app.route('/', createAssets({ 'console/styles.css': CONSOLE_STYLES }));
  // What is open to everybody ends here.
  app.all('/assets/*', (context) => context.notFound());
  app.all('*', (context) => inside.fetch(context.req.raw, context.env));
  app.onError((error, context) => {
    tellOf(error, context, parts);
    return context.html(
      <Page title="Claudio" nav={null}>
        <Broken />
      </Page>,
      500,
    );
  });
  return app;
}

/** What is to be seen by who has come in. */
function createInside(parts: ConsoleParts, cookie: () => string): Hono<FrameEnv> {
  const app = new Hono<FrameEnv>();
  app.use(contextStorage());
  app.use(async (context, next) => {
    const failing = parts.history.failingCount();
    context.set('failing', failing);
    await next();
    // So soon after the start nobody has looked yet. The page, which goes out first, is told by its stream.
    if (failing === null) setImmediate(() => void parts.health());
  });
  app.use(async (context, next) => {
    await next();
    const { body, headers } = context.res;
    if (body === null || headers.get('content-type')?.startsWith('text/event-stream') !== true) {
      return;
    }
    // A page that stays open tells nothing any more when its session is over.
    const token = openToken(context, cookie(), parts.sessions) ?? '';
    const told = whileOpen(body, () => parts.sessions.isOpen(token));
    context.res = new Response(told, context.res);
  });
  app.post(
    '*',
    bodyLimit({
      maxSize: MAX_FORM_BYTES,
      onError: (context) => context.text('This is more than a form here holds.', 413),
    }),
  );
  for (const page of [
    nowPage,
    livePage,
    conversationsPage,
    conversationPage,
    searchPage,
    usagePage,
    checksPage,
    memoriesPage,
    auditPage,
    configurationPage,
  ]) {
    app.route('/', page(parts));
  }
  app.notFound((context) =>
    context.html(
      <Frame title="Not found" current={null}>
        <h1>There is no such page</h1>
        <p>
          Perhaps what it showed is gone by now. <a href="/">What happens now</a> is always there.
        </p>
      </Frame>,
      404,
    ),
  );
  app.onError((error, context) => {
    tellOf(error, context, parts);
    return context.html(
      <Frame title="Something went wrong" current={null}>
        <Broken />
      </Frame>,
      500,
    );
  });
  return app;
}

const Broken = () => (
  <>
    <h1>Something went wrong here</h1>
    <p role="alert">
      This page could not be made. Nothing was lost by that. Try again; if it stays so,{' '}
      <code>claudio log --level error</code> tells why, and <code>claudio doctor</code> looks for
      the cause.
    </p>
  </>
);

/** @throws the error where it is none of a page: the other side went away while its form was read. */
function tellOf(error: Error, context: Context, { log }: ConsoleParts): void {
  if (hasCode(error, 'ECONNRESET')) throw error;
  const { method, path } = context.req;
  log.error({ method, path, err: error }, 'console.broken');
}
