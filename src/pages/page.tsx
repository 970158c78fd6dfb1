import { raw } from 'hono/html';
import type { Child, FC } from 'hono/jsx';

/** An entry of the navigation. */
export interface NavItem {
  readonly path: string;
  readonly label: string;
}

/** The navigation of a page, and which of it this page is. */
export interface Nav {
  readonly items: readonly NavItem[];
  readonly current: string;
  /** Behind the entries: what leads out. */
  readonly end?: Child;
}

/** A speech bubble. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#b4532a" d="M3 1h10a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H8l-4 3v-3H3a2 2 0 0 1-2-2V3a2 2 0 0 1 2-2z"/></svg>',
)}`;

const AWAY = 'Claudio does not answer. Trying again …';

/**
 * A whole page. Works without scripts; with them, what is at `live` (a stream of patches, see `live.ts`)
 * keeps it up to date, and it says so while the service is away. What a form with `data-quiet` was refused
 * for stands above the content; what it did is told to those who cannot see it.
 */
export const Page: FC<{
  readonly title: string;
  readonly nav: Nav | null;
  /** The path of its stream of patches. */
  readonly live?: string;
  /** Where the browser goes on to at once. */
  readonly next?: string;
  /** Paths below `/assets/`: style sheets and scripts beside those of all pages. */
  readonly styles?: readonly string[];
  readonly scripts?: readonly string[];
  /** What it says while the stream is away. */
  readonly away?: string;
  readonly children: Child;
}> = ({ title, nav, live, next, styles = [], scripts = [], away = AWAY, children }) => (
  <>
    {raw('<!doctype html>')}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {next === undefined ? null : <meta http-equiv="refresh" content={`0; url=${next}`} />}
        <title>{title}</title>
        <link rel="icon" href={ICON} />
        {['pages/styles.css', ...styles].map((path) => (
          <link rel="stylesheet" href={`/assets/${path}`} />
        ))}
        {['pages/client/live.js', ...scripts].map((path) => (
          <script type="module" src={`/assets/${path}`} />
        ))}
      </head>
      <body data-live={live === '' ? undefined : live}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {nav === null ? null : (
          <header>
            <nav aria-label="Pages">
              <ul>
                {nav.items.map(({ path, label }) => (
                  <li>
                    <a href={path} aria-current={path === nav.current ? 'page' : undefined}>
                      {label}
                    </a>
                  </li>
                ))}
              </ul>
              {nav.end}
            </nav>
          </header>
        )}
        <div class="notices">
          <div role="status">
            <p id="away" hidden>
              {away}
            </p>
          </div>
          <p id="told" class="visually-hidden" role="status" />
          <p id="fault" role="alert" />
        </div>
        <main id="main" tabindex={-1}>
          {children}
        </main>
      </body>
    </html>
  </>
);
