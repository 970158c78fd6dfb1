import { css } from '../pages/css.ts';

/** What happens. */
export const PANEL = css`
  .panel,
  .recent {
    /* What is hidden in them scrolls along. */
    position: relative;
  }

  .panel {
    grid-auto-rows: max-content;
    align-content: start;
    min-inline-size: 0;
    overflow-y: auto;
  }

  #own-fault:empty {
    display: none;
  }

  .banner {
    border-color: var(--warn);
    background: var(--warn-back);
    color: var(--warn);
  }

  .banner a {
    color: inherit;
  }

  .recent {
    max-block-size: 26rem;
    overflow-y: auto;
  }

  .ways {
    display: flex;
    flex-direction: column-reverse;
    justify-content: flex-end;
    gap: var(--s2);
    margin: 0;
    padding: 0;
    list-style: none;
  }

  .way {
    padding: var(--s2) var(--s3);
  }

  .way details {
    margin: 0;
    color: var(--muted);
    font-size: 0.8125rem;
  }

  .way > .row {
    justify-content: space-between;
  }

  .stages {
    display: flex;
    gap: var(--s1);
    margin-block: var(--s2);
    padding: 0;
    list-style: none;
    font-size: clamp(0.5625rem, 2.6vw, 0.75rem);
  }

  .stages li {
    flex: 1;
    min-inline-size: 0;
    border-block-start: 0.25rem solid var(--line);
    color: var(--muted);
  }

  .stages .done {
    border-color: var(--ok);
    color: var(--ok);
  }

  .stages .now {
    border-color: var(--busy);
    color: var(--busy);
    font-weight: 600;
  }

  .steps {
    display: grid;
    grid-template-columns: auto auto minmax(0, 1fr);
    column-gap: var(--s2);
    margin: 0;
    padding: 0;
    list-style: none;
    font-size: 0.8125rem;
  }

  .steps li {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
  }

  .steps .at {
    color: var(--muted);
  }

  .steps code {
    margin-inline-start: var(--s2);
    color: var(--muted);
    white-space: nowrap;
  }

  .faults {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr));
    gap: var(--s3);
    padding: 0;
    list-style: none;
  }

  .faults p {
    margin: var(--s1) 0 0;
    font-size: 0.875rem;
  }

  #lines {
    max-block-size: 20rem;
    overflow: auto;
  }
`;
