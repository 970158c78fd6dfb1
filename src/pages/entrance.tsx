import { Hono, type Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { answerInstead } from './instead.tsx';
import { Page } from './page.tsx';
import { isOwnPeer, peerOf } from './peer.ts';

/** Who has come in by a link, and for how long. */
export interface Sessions {
  /** How long a session lasts. */
  readonly lastsMs: number;
  /**
   * Takes the key of a link, which counts once.
   *
   * @param isOwn Whether it may be a browser of the user as whom this process runs; not unless given.
   * @returns The token of a new session, or `null` for a key that is unknown, used or too old.
   */
  open(key: string, isOwn?: boolean): string | null;
  isOpen(token: string): boolean;
  end(token: string): void;
}

/** Below which a link leads in: `/enter?key=…`. */
export const ENTER_PATH = '/enter';
/** For a key that is wrong, used or too old: which of them is nobody's business. */
const NO_WAY_IN = 'This link leads in no more, if it ever did.';
/** So many cookies of one name are looked up. */
const MAX_TOKEN_COUNT = 20;

/**
 * The way in: `/enter?key=…` exchanges the key of a link for a cookie, `POST /leave` gives it back, and
 * everything else that is served behind it is for those who have one, but for what is below `/assets/`. Others get 401 and a page that says
 * where links come from. A link is used up by who opens it, not by what only looks ahead: `HEAD` and
 * prefetching.
 *
 * @param options.cookie Its name: cookies are shared by all ports of a host.
 * @param options.refused What to do, in a sentence: where a link comes from.
 */
export function createEntrance(options: {
  readonly sessions: Sessions;
  readonly cookie: () => string;
  readonly title: string;
  readonly refused: string;
}): Hono {
  const { sessions } = options;
  const app = new Hono();

  const refuse = (context: Context, status: 401 | 403) =>
    answerInstead(context, status, {
      title: options.title,
      sentence: status === 403 ? `${NO_WAY_IN} ${options.refused}` : options.refused,
    });
  const tokenOf = (context: Context) => openToken(context, options.cookie(), sessions);

  app.get(ENTER_PATH, (context) => {
    if (context.req.method === 'HEAD') return context.body(null, 204);
    // A browser asks again for what it could not prefetch.
    if (isPrefetch(context)) return context.text('Not ahead of time.', 503);
    const present = tokenOf(context);
    const isOwn = isOwnPeer(peerOf(context));
    const token = sessions.open(context.req.query('key') ?? '', isOwn);
    if (token === null) return present === null ? refuse(context, 403) : context.redirect('/', 303);
    if (present !== null) sessions.end(present);
    setCookie(context, options.cookie(), token, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: Math.floor(sessions.lastsMs / 1000),
    });
    // A browser that follows a link from another site sends such a cookie along with what our own page
    // asks for, and not yet with what the link leads on to.
    return context.req.header('sec-fetch-site') === 'cross-site'
      ? context.html(<Onward title={options.title} />)
      : context.redirect('/', 303);
  });

  app.use(async (context, next) => {
    // What is the same for everybody.
    if (context.req.path.startsWith('/assets/')) return await next();
    return tokenOf(context) === null ? refuse(context, 401) : await next();
  });

  app.post('/leave', (context) => {
    const token = tokenOf(context);
    if (token !== null) sessions.end(token);
    deleteCookie(context, options.cookie(), { path: '/' });
    return context.redirect('/', 303);
  });
  return app;
}

/**
 * The token of a session that is open, or `null`. Every port of a host can set a cookie of any name, also
 * for some paths alone, and a browser sends them all: one of somebody else's keeps nobody out.
 *
 * @param name Of the cookie.
 */
export function openToken(
  { req }: Context,
  name: string,
  sessions: Pick<Sessions, 'isOpen'>,
): string | null {
  const given = (req.header('cookie') ?? '').split(';').flatMap((pair) => {
    const [key = '', ...value] = pair.split('=');
    return key.trim() === name ? [value.join('=').trim()] : [];
  });
  return given.slice(0, MAX_TOKEN_COUNT).find((token) => sessions.isOpen(token)) ?? null;
}

const Onward = ({ title }: { readonly title: string }) => (
  <Page title={title} nav={null} next="/">
    <h1>{title}</h1>
    <p>
      <a href="/">Come in</a>
    </p>
  </Page>
);

/** Source: https://wicg.github.io/nav-speculation/prefetch.html#sec-purpose-header */
function isPrefetch({ req }: Context): boolean {
  return ['sec-purpose', 'purpose', 'x-moz', 'x-purpose'].some((name) =>
    /prefetch|preview/iu.test(req.header(name) ?? ''),
  );
}
