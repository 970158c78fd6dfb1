import { messageOf } from '../core/error.ts';
import type { Fragments, Subscribe } from '../pages/live.ts';
import { systemClock } from '../platform/clock.ts';
import { OWNER } from './bot-api/bot-api.ts';
import { BUBBLE_COUNT, chatEndsAtMs, chatParts, type ChatState } from './chat.tsx';
import { createDrawing } from './chat-part.ts';
import { Commands } from './composer.tsx';
import type { StageFault } from './faults.ts';
import { ownFault, panelParts, type PanelState, WAY_COUNT } from './panel.tsx';
import type { Stage } from './stage.ts';
import { tracesOf } from './trace.ts';

/** How soon what could not be drawn is tried again. */
const AGAIN_MS = 1000;

/** What the page shows, for all browsers that look at it. */
export interface Screen {
  now(): { readonly chat: ChatState; readonly panel: PanelState };
  /**
   * The same as what a stream sends. What cannot be drawn stays as it was, and a word says so until it
   * can be; that is tried again by itself.
   *
   * @throws What stands in the way of the first picture: there is none that could stay.
   */
  fragments(): Fragments;
  /** Tells of what happens on the stage, of what {@link Screen.changed} says, and of what goes by itself. */
  readonly subscribe: Subscribe;
  changed(): void;
}

/** @param options.ended Ends the listening. */
export function createScreen(options: {
  readonly stage: Stage;
  readonly faults: readonly StageFault[];
  /** The path below which files are served. */
  readonly filesPath: string;
  readonly ended: AbortSignal;
}): Screen {
  const { stage, faults, filesPath } = options;
  const { api } = stage;
  const listeners = new Set<() => void>();
  const draw = createDrawing();
  let drawn: Fragments | null = null;
  let whole: Fragments = new Map();
  let timer: NodeJS.Timeout | undefined;

  const changed = (): void => {
    drawn = null;
    for (const listener of listeners) listener();
  };
  const unsubscribe = stage.subscribe(changed);
  options.ended.addEventListener('abort', () => {
    unsubscribe();
    clearTimeout(timer);
  });

  const now = (): ReturnType<Screen['now']> => {
    const traces = tracesOf(stage, BUBBLE_COUNT, WAY_COUNT);
    const states = new Map(traces.map(({ messageId, state }) => [messageId, state]));
    const messages = new Map(api.messages(OWNER.id).map((message) => [message.messageId, message]));
    const chat: ChatState = {
      api,
      filesPath,
      find: (messageId) => messages.get(messageId),
      stateOf: (messageId) => states.get(messageId),
      nowMs: systemClock.now(),
      isRunning: stage.service().state === 'running',
      answeredBy: stage.agent.kind,
    };
    const endsAtMs = chatEndsAtMs(chat);
    clearTimeout(timer);
    if (endsAtMs !== null && !options.ended.aborted) {
      timer = setTimeout(changed, endsAtMs - chat.nowMs).unref();
    }
    return { chat, panel: { stage, faults, traces } };
  };

  return {
    now,
    changed,
    fragments: () => {
      // Drawn once for all browsers.
      if (drawn !== null) return drawn;
      try {
        const { chat, panel } = now();
        const commands = { id: 'commands', node: <Commands commands={api.commands} /> };
        whole = draw([...chatParts(chat), commands, ...panelParts(panel)]);
        drawn = whole;
      } catch (error) {
        if (whole.size === 0) throw error;
        clearTimeout(timer);
        if (!options.ended.aborted) timer = setTimeout(changed, AGAIN_MS).unref();
        drawn = new Map([...whole, ...createDrawing()([ownFault(messageOf(error))])]);
      }
      return drawn;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
