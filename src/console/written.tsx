import type { FC } from 'hono/jsx';

/** A text as it was written: its line breaks stay, and it runs the way its first letter does. */
export const Written: FC<{ readonly text: string }> = ({ text }) => (
  <p dir="auto">
    {text
      .trim()
      .split(/\r\n?|\n/u)
      .map((line, index) =>
        index === 0 ? (
          line
        ) : (
          <>
            <br />
            {line}
          </>
        ),
      )}
  </p>
);
