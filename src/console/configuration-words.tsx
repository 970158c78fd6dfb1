import type { Child, FC } from 'hono/jsx';
import { Scroll } from '../pages/words.tsx';

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

/** Settings, a row each. */
export const SettingsTable: FC<{
  readonly label: string;
  /** Not to be seen. */
  readonly caption: string;
  readonly rows: readonly { readonly name: string; readonly value: Child; readonly from: string }[];
}> = ({ label, caption, rows }) => (
  <Scroll label={label}>
    <table>
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">Value</th>
          <th scope="col">From</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, value, from }) => (
          <tr>
            <th scope="row" class="mono">
              {name}
            </th>
            <td>{value}</td>
            <td>{from}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);
