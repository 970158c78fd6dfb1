import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { hasCode } from '../core/error.ts';
import { packageRoot } from '../platform/package.ts';
import { PAGE_STYLES } from './styles.ts';

/** A script in `src/<folder>/client/`, as it was built: `pages/client/live.js`. */
const SCRIPT = /^[a-z][\w-]{0,40}\/client\/[\w-]{1,40}\.js$/u;
/** Is there wherever the scripts were built. */
const ONE_SCRIPT = 'pages/client/live.js';
const NOT_BUILT = 'The scripts of this page are not built. Run `npm run build`.';
const ETAG_LENGTH = 22;

interface Asset {
  readonly body: string;
  readonly type: string;
  readonly etag: string;
}

/**
 * Serves what pages are made of beside themselves, below `/assets/`: the built scripts, and style sheets
 * by their paths. A browser asks again each time, and gets 304 for what it has. Each script is read once.
 *
 * @param built Absolute path of the folder that the scripts were built into.
 */
export function createAssets(
  styles: Readonly<Record<string, string>> = {},
  built = join(packageRoot(), 'dist/src'),
): Hono {
  const assets = new Map<string, Asset>();
  for (const [path, sheet] of Object.entries({ 'pages/styles.css': PAGE_STYLES, ...styles })) {
    assets.set(path, assetOf(sheet, 'text/css'));
  }
  const scriptAt = (path: string): Asset | undefined => {
    const text = SCRIPT.test(path) ? readIfThere(join(built, path)) : undefined;
    if (text === undefined) return undefined;
    const script = assetOf(text, 'text/javascript');
    assets.set(path, script);
    return script;
  };

  const app = new Hono();
  app.get('/assets/*', (context) => {
    const path = context.req.path.slice('/assets/'.length);
    const asset = assets.get(path) ?? scriptAt(path);
    if (asset === undefined) {
      const isBuilt = !SCRIPT.test(path) || existsSync(join(built, ONE_SCRIPT));
      return isBuilt ? context.notFound() : context.text(NOT_BUILT, 503);
    }
    context.header('etag', asset.etag);
    context.header('cache-control', 'no-cache');
    if (isKnown(context.req.header('if-none-match'), asset.etag)) return context.body(null, 304);
    return context.body(asset.body, 200, { 'content-type': `${asset.type}; charset=utf-8` });
  });
  return app;
}

function assetOf(body: string, type: string): Asset {
  const digest = createHash('sha256').update(body).digest('base64url');
  return { body, type, etag: `"${digest.slice(0, ETAG_LENGTH)}"` };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Source: https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//u, ''));
  return tags.some((tag) => tag === etag || tag === '*');
}
