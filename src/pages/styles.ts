import { css } from './css.ts';
import { BLOCKS } from './styles-blocks.ts';
import { FRAME } from './styles-frame.ts';

/** Colours in light and in dark, spaces, and how plain elements look. */
const GROUND = css`
  :root {
    color-scheme: light dark;
    --page: light-dark(#f7f6f3, #1a1917);
    --surface: light-dark(#fff, #242320);
    --sunk: light-dark(#efede8, #2f2d2a);
    --text: light-dark(#22201d, #ece9e3);
    --muted: light-dark(#625e57, #aca79d);
    --line: light-dark(#dcd8d0, #3d3a36);
    --edge: light-dark(#8a857b, #7d786f);
    --accent: light-dark(#9c4221, #f0a583);
    --on-accent: light-dark(#fff, #2b150b);
    --focus: light-dark(#1d5fbf, #8bbcff);
    --ok: light-dark(#17603a, #86d9a6);
    --ok-back: light-dark(#dff3e6, #17351f);
    --warn: light-dark(#744700, #f3c766);
    --warn-back: light-dark(#fdeed0, #3a2d0f);
    --bad: light-dark(#a01f1a, #ffa49b);
    --bad-back: light-dark(#fde5e2, #471a17);
    --busy: light-dark(#1b4f94, #9cc6ff);
    --busy-back: light-dark(#e1ecfc, #182d4d);
    --series-1: light-dark(#0033b2, #4879e8);
    --series-2: light-dark(#6b3704, #cd580e);
    --series-3: light-dark(#429c6c, #08dd81);
    --series-4: light-dark(#d55eb8, #b06b98);
    --series-5: light-dark(#a58d0c, #f8db16);
    --series-6: light-dark(#393234, #e0eff6);
    --s1: 0.25rem;
    --s2: 0.5rem;
    --s3: 0.75rem;
    --s4: 1rem;
    --s5: 1.5rem;
    --s6: 2.5rem;
    --radius: 0.5rem;
    --mono: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace;
  }

  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }

  [hidden] {
    display: none !important;
  }

  html {
    font:
      100%/1.5 system-ui,
      sans-serif;
    text-size-adjust: 100%;
    scroll-padding-block: var(--s6);
  }

  body {
    margin: 0;
    background: var(--page);
    color: var(--text);
    overflow-wrap: break-word;
  }

  main {
    max-inline-size: 72rem;
    margin-inline: auto;
    padding: var(--s5) var(--s4) var(--s6);
  }

  main:focus {
    outline: none;
  }

  :focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }

  h1,
  h2,
  h3 {
    margin-block: var(--s5) var(--s3);
    line-height: 1.25;
    text-wrap: balance;
  }

  h1 {
    margin-block-start: 0;
    font-size: 1.625rem;
  }

  h2 {
    font-size: 1.25rem;
  }

  h3 {
    font-size: 1rem;
  }

  p,
  ul,
  ol,
  dl,
  pre,
  table,
  figure,
  details {
    margin-block: 0 var(--s4);
  }

  figure,
  dd,
  form {
    margin-inline: 0;
  }

  a {
    color: var(--accent);
    text-underline-offset: 0.15em;
  }

  a:hover {
    text-decoration-thickness: 2px;
  }

  code,
  kbd,
  pre,
  .mono {
    font-family: var(--mono);
    font-size: 0.875em;
  }

  pre {
    padding: var(--s3);
    border-radius: var(--radius);
    background: var(--sunk);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  img,
  video,
  svg {
    max-inline-size: 100%;
    block-size: auto;
  }

  table {
    inline-size: 100%;
    border-collapse: collapse;
  }

  caption {
    padding-block-end: var(--s2);
    font-weight: 600;
    text-align: start;
  }

  th,
  td {
    padding: var(--s2) var(--s3);
    border-block-end: 1px solid var(--line);
    text-align: start;
    vertical-align: baseline;
  }

  th:first-child,
  td:first-child {
    padding-inline-start: 0;
  }

  th:last-child,
  td:last-child {
    padding-inline-end: 0;
  }

  thead th {
    color: var(--muted);
    font-size: 0.875rem;
  }

  tbody th {
    font-weight: 500;
  }

  dl:not(.row) {
    display: grid;
    grid-template-columns: fit-content(40%) minmax(0, 1fr);
    gap: var(--s2) var(--s4);
  }

  dl:not(.row) > div {
    display: contents;
  }

  dt {
    color: var(--muted);
  }

  summary {
    padding-block: var(--s1);
    cursor: pointer;
  }

  time {
    white-space: nowrap;
  }

  hr {
    border: 0;
    border-block-start: 1px solid var(--line);
  }

  progress,
  meter {
    inline-size: 10rem;
    max-inline-size: 100%;
    accent-color: var(--accent);
  }

  button,
  input,
  select,
  textarea {
    min-block-size: 2.25rem;
    max-inline-size: 100%;
    margin: 0;
    padding: var(--s1) var(--s3);
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--surface);
    color: inherit;
    font: inherit;
  }

  [type='checkbox'],
  [type='radio'] {
    min-block-size: auto;
    accent-color: var(--accent);
  }

  ::placeholder {
    color: var(--muted);
    opacity: 1;
  }

  button {
    font-weight: 500;
    cursor: pointer;
  }

  button:hover {
    background: var(--sunk);
  }

  button:disabled {
    opacity: 0.55;
    cursor: default;
  }

  @media (pointer: coarse) {
    button,
    input,
    select,
    summary,
    nav a {
      min-block-size: 2.75rem;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    ::before,
    ::after {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
`;

/** The style of all pages, light and dark, from 320 pixels on. */
export const PAGE_STYLES = GROUND + FRAME + BLOCKS;
