import { css } from '../pages/css.ts';

/** How what was said looks. */
export const TALK_STYLES = css`
  blockquote {
    margin: 0 0 var(--s4);
    padding-inline-start: var(--s3);
    border-inline-start: 3px solid var(--line);
  }

  blockquote > :last-child {
    margin-block-end: 0;
  }

  .message.claude {
    border-inline-start: 4px solid var(--accent);
  }

  .message:is(.command, .overheard) {
    background: none;
    border-style: dashed;
  }

  :is(article, details):target {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }
`;
