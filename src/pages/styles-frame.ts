import { css } from './css.ts';

/** What is around the content of all pages. */
export const FRAME = css`
  .visually-hidden,
  .skip:not(:focus) {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    padding: 0;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .skip:focus {
    position: fixed;
    z-index: 3;
    inset: var(--s2) auto auto var(--s2);
    padding: var(--s2) var(--s3);
    border-radius: var(--radius);
    background: var(--surface);
  }

  body > header {
    border-block-end: 1px solid var(--line);
    background: var(--surface);
  }

  body > header nav {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--s1) var(--s4);
    max-inline-size: 72rem;
    margin-inline: auto;
    padding: var(--s2) var(--s4);
  }

  body > header ul {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s1);
    margin: 0 0 0 calc(-1 * var(--s2));
    padding: 0;
    list-style: none;
  }

  body > header a {
    display: block;
    padding: var(--s1) var(--s2);
    border-radius: var(--radius);
    color: var(--muted);
    text-decoration: none;
  }

  body > header a:hover {
    background: var(--sunk);
    color: var(--text);
  }

  body > header [aria-current] {
    background: var(--sunk);
    color: var(--text);
    font-weight: 600;
  }

  .notices {
    position: sticky;
    z-index: 2;
    inset-block-start: 0;
  }

  #away,
  #fault {
    margin: 0;
    padding: var(--s2) var(--s4);
    background: var(--warn-back);
    color: var(--warn);
    font-weight: 500;
    text-align: center;
  }

  #fault {
    background: var(--bad-back);
    color: var(--bad);
  }

  #fault:empty {
    display: none;
  }
`;
