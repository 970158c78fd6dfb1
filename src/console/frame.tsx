import { tryGetContext } from 'hono/context-storage';
import type { Child, FC } from 'hono/jsx';
import { Page, type NavItem } from '../pages/page.tsx';

/** The pages of the console, in the order of its navigation. */
export const PAGES = [
  { path: '/', label: 'Now' },
  { path: '/conversations', label: 'Conversations' },
  { path: '/usage', label: 'Usage' },
  { path: '/checks', label: 'Health' },
  { path: '/memories', label: 'Memories' },
  { path: '/audit', label: 'Audit' },
  { path: '/configuration', label: 'Configuration' },
] as const satisfies readonly NavItem[];

export type PagePath = (typeof PAGES)[number]['path'];

/** What the console lets each of its pages know, beside what they ask for. */
export interface FrameEnv {
  readonly Variables: {
    /** How many checks are not well; `null`: not known yet. */
    readonly failing: number | null;
  };
}

/** In the header of all pages: how Claudio is, in two words. The fragment `health` of their streams. */
export const HealthBadge: FC<{ readonly failing: number | null }> = ({ failing }) => (
  <a id="health" href="/checks" class={`badge ${toneOf(failing)}`}>
    {failing === null ? 'Looking …' : failing === 0 ? 'All well' : `${failing} failing`}
    {failing === null || failing === 0 ? null : <span class="visually-hidden"> health checks</span>}
  </a>
);

/** A page of the console, with the navigation. */
export const Frame: FC<{
  readonly title: string;
  /** `null`: none of those in the navigation. */
  readonly current: PagePath | null;
  /** The path of its stream of patches: that of all pages unless given. */
  readonly live?: string;
  readonly children: Child;
}> = ({ title, current, live = '/live', children }) => (
  <Page
    title={`${title} · Claudio`}
    nav={{
      items: PAGES,
      current: current ?? '',
      end: (
        <div class="row">
          <HealthBadge failing={tryGetContext<FrameEnv>()?.var.failing ?? null} />
          <form method="post" action="/leave">
            <button type="submit">Leave</button>
          </form>
        </div>
      ),
    }}
    live={live}
    styles={['console/styles.css']}
  >
    {children}
  </Page>
);

function toneOf(failing: number | null): string {
  if (failing === null) return 'busy';
  return failing === 0 ? 'ok' : 'bad';
}
