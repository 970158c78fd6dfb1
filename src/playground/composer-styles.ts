import { css } from '../pages/css.ts';

/** Where one writes. */
export const COMPOSER = css`
  .composer,
  .chat > noscript {
    position: relative;
    padding: var(--s2) var(--s3);
    border-block-start: 1px solid var(--line);
    background: var(--surface);
  }

  .entry {
    display: flex;
    align-items: end;
    gap: var(--s2);
  }

  .entry textarea,
  #command {
    flex: 1;
    min-inline-size: 0;
    max-block-size: 8rem;
    border-radius: 1.125rem;
    field-sizing: content;
    resize: none;
  }

  @media (pointer: coarse) {
    .entry textarea {
      min-block-size: 2.75rem;
      padding-block: var(--s2);
    }
  }

  .about:not(:empty) {
    display: flex;
    justify-content: space-between;
    gap: var(--s3);
    margin-block-end: var(--s2);
    font-size: 0.875rem;
  }

  .about p,
  .refused,
  #chosen {
    margin: 0;
  }

  #chosen:not(:empty) {
    margin-block-end: var(--s2);
    font-size: 0.875rem;
  }

  .attach {
    position: relative;
  }

  @media (scripting: enabled) {
    .attach {
      display: grid;
      place-items: center;
      inline-size: 2.25rem;
      block-size: 2.25rem;
      border-radius: var(--radius);
      cursor: pointer;
    }

    .attach::before {
      content: '📎' / '';
    }

    .attach input {
      position: absolute;
      inset: 0;
      padding: 0;
      opacity: 0;
      cursor: pointer;
    }

    .attach:focus-within {
      outline: 2px solid var(--focus);
    }
  }

  @media (scripting: none) {
    .entry {
      flex-wrap: wrap;
    }

    .attach,
    .attach input {
      inline-size: 100%;
    }
  }

  /* A recording is sent, or discarded, before anything else is. */
  .entry:has(#record[aria-pressed='true']) > :not(#record, #discard) {
    display: none;
  }

  #record[aria-pressed='true'] {
    flex: 1;
    background: var(--bad-back);
    color: var(--bad);
  }

  #suggestions {
    position: absolute;
    inset: auto var(--s3) 100%;
    max-block-size: 14rem;
    margin: 0;
    padding: var(--s1);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    list-style: none;
    overflow-y: auto;
  }

  #suggestions li {
    padding: var(--s1) var(--s2);
    border-radius: var(--radius);
    cursor: pointer;
  }

  #suggestions [aria-selected='true'] {
    background: var(--sunk);
    outline: 2px solid var(--focus);
  }
`;
