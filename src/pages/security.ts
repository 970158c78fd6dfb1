import type { Context, MiddlewareHandler } from 'hono';

/** What Cloudflare adds to each request that comes through the tunnel. */
const TUNNEL_HEADERS = ['cf-connecting-ip', 'cf-ray', 'x-forwarded-for'];

const OWN_NAMES = ['127.0.0.1', 'localhost'];
/** Which browsers leave out. */
const DEFAULT_PORT = 80;

/** No script and no style but our own files, no frame around us, and nothing from any other host. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sent along with every answer; `cache-control` where it says nothing itself. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // With `no-referrer`, browsers send `Origin: null` along with forms.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** Whether a request came through the tunnel, and so from anywhere. */
export function isFromTunnel(context: Context): boolean {
  return TUNNEL_HEADERS.some((name) => context.req.header(name) !== undefined);
}

/**
 * Lets in what a browser on this machine asks for on its own page, and nothing else: what came through
 * the tunnel gets 404, as does a Host that is not ours (a name that was made to lead here); what another
 * site had the browser send gets 403, but for a link to a page. Says with each answer what the page may
 * load, and that nobody may frame it, guess at its type or keep it.
 *
 * Source: https://www.w3.org/TR/fetch-metadata/
 *
 * @param port On which the page is served; asked for with each request.
 */
export function guardPages(port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const host = (context.req.header('host') ?? '').toLowerCase();
    if (isFromTunnel(context) || !hostsAt(port()).includes(host)) {
      context.res = context.text('404 Not Found', 404);
    } else if (isForeign(context, `http://${host}`)) {
      context.res = context.text('This came from another site.', 403);
    } else {
      await next();
    }
    const { headers } = context.res;
    for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  };
}

function hostsAt(port: number): readonly string[] {
  const named = OWN_NAMES.map((name) => `${name}:${port}`);
  return port === DEFAULT_PORT ? [...named, ...OWN_NAMES] : named;
}

/**
 * Every browser names the origin of a form that is posted. That alone tells: all ports of a host are one
 * site, and may not be ours. What is only read names it seldom, but says what it is read for.
 */
function isForeign({ req }: Context, own: string): boolean {
  const origin = req.header('origin');
  if (origin !== undefined) return origin.toLowerCase() !== own;
  if (req.method !== 'GET' && req.method !== 'HEAD') return true;
  const site = req.header('sec-fetch-site') ?? 'none';
  if (site === 'none' || site === 'same-origin') return false;
  const isLink =
    req.header('sec-fetch-mode') === 'navigate' &&
    (req.header('sec-fetch-dest') ?? 'document') === 'document';
  return !isLink;
}
