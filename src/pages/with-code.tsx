import type { FC } from 'hono/jsx';

/** A sentence of ours, in which what stands in backticks is to be typed. */
export const WithCode: FC<{ readonly text: string }> = ({ text }) => (
  <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
);
