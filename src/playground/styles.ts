import { css } from '../pages/css.ts';
import { CHAT } from './chat-styles.ts';
import { COMPOSER } from './composer-styles.ts';
import { PANEL } from './panel-styles.ts';

/** How the chat and the panel stand: beside each other or, where there is no room, below each other. */
const PLACES = css`
  :root {
    --own: light-dark(#dff0d3, #1f3d29);
    --wall: light-dark(#e6e2d8, #131211);
  }

  body:has(.playground) {
    display: flex;
    flex-direction: column;
    block-size: 100dvh;
  }

  main:has(.playground) {
    flex: 1;
    inline-size: 100%;
    max-inline-size: none;
    min-block-size: 0;
    padding: 0;
  }

  .playground {
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(20rem, 27rem) minmax(0, 40rem);
    gap: var(--s5);
    justify-content: center;
    block-size: 100%;
    padding: var(--s4);
  }

  .to-panel,
  .to-chat {
    display: none;
  }

  /* Beside the chat, the panel says it. */
  @media (min-width: 52.001rem) {
    .notice {
      display: none;
    }
  }

  @media (max-width: 52rem) {
    body:has(.playground) {
      display: block;
      block-size: auto;
    }

    .playground {
      display: block;
      padding: 0;
    }

    .chat {
      block-size: 100dvh;
      border: 0;
      border-radius: 0;
    }

    .panel {
      padding: var(--s4);
    }

    .to-panel,
    .to-chat {
      display: inline;
    }
  }
`;

/** What only the playground needs, beside the style of all pages. */
export const PLAYGROUND_STYLES = CHAT + COMPOSER + PANEL + PLACES;
