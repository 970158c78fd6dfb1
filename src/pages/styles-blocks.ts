import { css } from './css.ts';

/** The classes that the content of all pages is made of. */
export const BLOCKS = css`
  .card {
    padding: var(--s4);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
  }

  .card > :first-child {
    margin-block-start: 0;
  }

  .card > :last-child {
    margin-block-end: 0;
  }

  .stack {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--s4);
  }

  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--s2) var(--s3);
  }

  :is(.stack, .row) > * {
    min-inline-size: 0;
    margin-block: 0;
  }

  :is(ul, ol):is(.stack, .row) {
    padding: 0;
    list-style: none;
  }

  .pager {
    justify-content: space-between;
  }

  .filters {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: var(--s3);
    margin-block-end: var(--s4);
  }

  .filters > :is(label, div) {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--s1);
    max-inline-size: 100%;
  }

  .filters [type='search'] {
    inline-size: 20rem;
  }

  .filters label {
    color: var(--muted);
    font-size: 0.875rem;
  }

  .filters label > :is(input, select) {
    color: var(--text);
    font-size: 1rem;
  }

  .muted {
    color: var(--muted);
  }

  .number {
    font-variant-numeric: tabular-nums;
    text-align: end;
    white-space: nowrap;
  }

  dd.number {
    text-align: start;
  }

  .scroll {
    margin-block-end: var(--s4);
    overflow-x: auto;
  }

  .scroll > table {
    margin: 0;
  }

  .empty {
    padding: var(--s4);
    border: 1px dashed var(--edge);
    border-radius: var(--radius);
    color: var(--muted);
    text-align: center;
  }

  .primary {
    border-color: transparent;
    background: var(--accent);
    color: var(--on-accent);
  }

  .primary:hover {
    background: color-mix(in oklab, var(--accent), var(--text) 15%);
  }

  .danger {
    border-color: currentColor;
    color: var(--bad);
  }

  .danger:hover {
    background: var(--bad-back);
  }

  .badge {
    display: inline-block;
    padding: 0 var(--s2);
    border: 1px solid transparent;
    border-radius: 1em;
    background: var(--sunk);
    font-size: 0.8125rem;
    font-weight: 600;
    white-space: nowrap;
  }

  .badge.ok {
    background: var(--ok-back);
    color: var(--ok);
  }

  .badge.warn {
    background: var(--warn-back);
    color: var(--warn);
  }

  .badge.bad {
    background: var(--bad-back);
    color: var(--bad);
  }

  .badge.busy {
    background: var(--busy-back);
    color: var(--busy);
  }

  .badge.busy::before {
    content: '';
    display: inline-block;
    inline-size: 0.5em;
    block-size: 0.5em;
    margin-inline-end: 0.4em;
    border-radius: 50%;
    background: currentColor;
    animation: busy 1.6s ease-in-out infinite;
  }

  @keyframes busy {
    50% {
      opacity: 0.25;
    }
  }

  .chart figcaption {
    margin-block-end: var(--s2);
    font-weight: 600;
  }

  .chart > svg {
    display: block;
    inline-size: 100%;
    color: var(--muted);
  }

  .chart .legend {
    margin-block: var(--s2);
    font-size: 0.875rem;
  }

  .series-1 {
    color: var(--series-1);
  }

  .series-2 {
    color: var(--series-2);
  }

  .series-3 {
    color: var(--series-3);
  }

  .series-4 {
    color: var(--series-4);
  }

  .series-5 {
    color: var(--series-5);
  }

  .series-6 {
    color: var(--series-6);
  }
`;
