import { css } from '../pages/css.ts';
import { TALK_STYLES } from './styles-talk.ts';

const PARTS = css`
  .part:not(:last-child) {
    margin-block-end: var(--s6);
  }

  /* What is read in it is sentences: a long word is broken before it has the table scroll. */
  .prose th:first-child {
    inline-size: 40%;
  }

  .prose td {
    overflow-wrap: anywhere;
  }

  .figures {
    gap: 2rem;
    margin: 0;
  }

  .figures dd {
    margin: 0;
    font-size: 1.5rem;
    text-align: start;
  }

  .charts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
    gap: var(--s5);
    align-items: start;
    margin-block-start: var(--s4);
  }

  .charts > :not(figure) {
    grid-column: 1 / -1;
    min-inline-size: 0;
  }
`;

/** What only the console needs, beside the style of all pages. */
export const CONSOLE_STYLES = PARTS + TALK_STYLES;
