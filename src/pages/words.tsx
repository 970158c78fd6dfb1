import type { Child, FC } from 'hono/jsx';
import { fullMomentOf, momentOf } from '../core/format.ts';
import { agoOf } from './client/ago.ts';

/** A moment: `2 min ago`, the date where that is a week or more, and all of it for who points at it. */
export const Time: FC<{ readonly atMs: number; readonly nowMs: number }> = ({ atMs, nowMs }) => {
  const ago = agoOf(atMs, nowMs);
  return (
    <time datetime={new Date(atMs).toISOString()} title={fullMomentOf(atMs)} data-relative="">
      {ago ?? momentOf(atMs, nowMs)}
    </time>
  );
};

/** A state in a word or two. */
export const Badge: FC<{
  readonly kind: 'ok' | 'warn' | 'bad' | 'busy';
  readonly children: Child;
}> = ({ kind, children }) => <span class={`badge ${kind}`}>{children}</span>;

/** What stands where there is nothing. */
export const Empty: FC<{ readonly children: Child }> = ({ children }) => (
  <p class="empty">{children}</p>
);

/** Links to what is before and after what a list shows. Nothing where there is neither. */
export const Pager: FC<{ readonly newer?: string; readonly older?: string }> = ({
  newer,
  older,
}) =>
  newer === undefined && older === undefined ? null : (
    <nav class="row pager" aria-label="More of this list">
      {newer === undefined ? null : (
        <a href={newer} rel="prev">
          ← Newer
        </a>
      )}
      {older === undefined ? null : (
        <a href={older} rel="next">
          Older →
        </a>
      )}
    </nav>
  );

/** Scrolls what is too wide for the page, such as a table, and can be scrolled by keyboard. */
export const Scroll: FC<{
  /** What is in it: `Turns of this day`. */
  readonly label: string;
  readonly children: Child;
}> = ({ label, children }) => (
  <div class="scroll" role="group" aria-label={label} tabindex={0}>
    {children}
  </div>
);
