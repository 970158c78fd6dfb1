import { css } from '../pages/css.ts';

/** What was said, as on a phone. */
export const CHAT = css`
  .chat {
    position: relative;
    display: flex;
    flex-direction: column;
    min-inline-size: 0;
    border: 1px solid var(--edge);
    border-radius: 1.5rem;
    background: var(--wall);
    overflow: hidden;
  }

  .chat > header {
    display: grid;
    grid-template-columns: 1fr auto;
    align-items: center;
    padding: var(--s2) var(--s4);
    border-block-end: 1px solid var(--line);
    background: var(--surface);
  }

  .chat h1 {
    margin: 0;
    font-size: 1.0625rem;
  }

  .notice {
    margin: 0;
    padding: var(--s1) var(--s4);
    background: var(--warn-back);
    color: var(--warn);
    font-size: 0.875rem;
  }

  .notice a {
    color: inherit;
  }

  .presence {
    grid-row: 2;
    margin: 0;
    color: var(--muted);
    font-size: 0.8125rem;
  }

  .presence.typing {
    color: var(--accent);
  }

  .scroller {
    position: relative;
    display: flex;
    flex: 1;
    flex-direction: column-reverse;
    min-block-size: 0;
    padding: var(--s3);
    overflow-y: auto;
  }

  .log,
  #making {
    display: flex;
    flex-direction: column;
    gap: var(--s2);
  }

  .bubble {
    position: relative;
    align-self: start;
    min-inline-size: 6rem;
    max-inline-size: min(85%, 34rem);
    padding: var(--s2) var(--s3);
    border-radius: 1rem 1rem 1rem 0.25rem;
    background: var(--surface);
    font-size: 0.9375rem;
    overflow-wrap: anywhere;
  }

  .bubble.own {
    align-self: end;
    border-radius: 1rem 1rem 0.25rem 1rem;
    background: var(--own);
  }

  .bubble.making {
    margin-block-start: var(--s2);
    border: 1px dashed var(--edge);
  }

  .bubble:target {
    outline: 2px solid var(--focus);
  }

  .words {
    white-space: pre-wrap;
  }

  .words :is(pre, blockquote, details) {
    margin-block: var(--s1);
  }

  .words pre {
    padding: var(--s2);
    overflow-x: auto;
  }

  .language {
    display: block;
    color: var(--muted);
  }

  .words blockquote,
  .quote {
    margin: 0;
    padding: var(--s1) var(--s2);
    border-inline-start: 3px solid var(--accent);
    border-radius: 0.25rem;
    background: var(--sunk);
  }

  .quote {
    display: block;
    margin-block-end: var(--s1);
    color: inherit;
    font-size: 0.875rem;
    text-decoration: none;
  }

  .spoiler:not(:focus, :active) {
    filter: blur(0.3em);
    cursor: pointer;
  }

  .mention {
    color: var(--accent);
  }

  .files {
    display: grid;
    gap: var(--s1);
    margin-block-end: var(--s1);
  }

  .files a {
    display: block;
  }

  .files img {
    display: block;
    max-block-size: 20rem;
    border-radius: var(--radius);
  }

  .files audio {
    inline-size: 15rem;
    max-inline-size: 100%;
  }

  .album {
    grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr));
    inline-size: 20rem;
    max-inline-size: 100%;
  }

  .album img {
    inline-size: 100%;
    aspect-ratio: 1;
    object-fit: cover;
  }

  .foot {
    display: flex;
    flex-wrap: wrap;
    justify-content: end;
    align-items: center;
    gap: 0 var(--s2);
    margin: 0;
    color: var(--muted);
    font-size: 0.75rem;
  }

  .mark.answered {
    color: var(--ok);
  }

  .mark:is(.failed, .interrupted) {
    color: var(--bad);
  }

  .reactions {
    margin-inline-end: auto;
    font-size: 1rem;
  }

  .keys {
    display: flex;
    gap: var(--s1);
    margin-block-start: var(--s1);
  }

  .keys > * {
    flex: 1;
    text-align: center;
  }

  .menu {
    margin: 0;
  }

  .menu > summary {
    position: absolute;
    inset-block-start: 0;
    inset-inline-start: 100%;
    padding: 0 var(--s2);
    list-style: none;
    color: var(--muted);
  }

  .own > .menu > summary {
    inset-inline: auto 100%;
  }

  .menu button,
  .faults button {
    min-block-size: 2rem;
    padding: 0 var(--s2);
  }

  .menu [aria-pressed='true'] {
    border-color: var(--accent);
    background: var(--sunk);
  }

  .toasts {
    position: absolute;
    inset: 4.5rem var(--s4) auto;
    pointer-events: none;
  }

  .toast {
    margin: 0 auto var(--s2);
    padding: var(--s2) var(--s3);
    inline-size: fit-content;
    border-radius: var(--radius);
    background: var(--text);
    color: var(--page);
  }

  .refused {
    color: var(--bad);
  }
`;
