import type { Child, FC } from 'hono/jsx';
import { Scroll } from './words.tsx';

/** What a row is of, and its numbers in words. */
export interface NumberRow {
  readonly name: Child;
  readonly values: readonly string[];
}

/** A table of numbers, which scrolls where it is too wide. */
export const NumberTable: FC<{
  /** Not to be seen: what stands above says as much to who can see it. */
  readonly caption: string;
  /** What the rows are of: `Day`. */
  readonly of: string;
  /** The names of the columns of numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly NumberRow[];
}> = ({ caption, of, columns, rows }) => (
  <Scroll label={caption}>
    <table>
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{of}</th>
          {columns.map((name) => (
            <th scope="col" class="number">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, values }) => (
          <tr>
            <th scope="row">{name}</th>
            {values.map((value) => (
              <td class="number">{value}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);
