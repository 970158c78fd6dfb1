import type { Child, FC } from 'hono/jsx';

/** Where a setting comes from. */
export const SOURCES = {
  environment: 'environment',
  file: 'service.env',
  default: 'default',
  derived: 'follows from others',
} as const;

/** How something is changed. */
export const Change: FC<{ readonly children: Child }> = ({ children }) => (
  <p class="muted">Changed with {children}</p>
);

/** A value as it stands in a file; `null`: there is none. */
export const Value: FC<{ readonly value: string | null }> = ({ value }) =>
  value === null ? <span class="muted">not set</span> : <span class="mono">{value}</span>;
