import type { FC } from 'hono/jsx';
import type { AgentKind } from './agent.ts';
import { OWNER } from './bot-api/bot-api.ts';
import { Bubble, type BubbleContext, bubbleKey } from './bubble.tsx';
import type { Part } from './chat-part.ts';
import { Composer, type Draft } from './composer.tsx';
import { Formatted } from './formatted.tsx';
import { groupsOf } from './trace-ways.ts';

/** So many bubbles are on the page. */
export const BUBBLE_COUNT = 100;
/** How long a chat action shows: https://core.telegram.org/bots/api#sendchataction */
const ACTION_LASTS_MS = 5_000;
/** How long the answer to a press shows. */
const TOAST_LASTS_MS = 5_000;

/** What the chat shows now. */
export interface ChatState extends BubbleContext {
  readonly nowMs: number;
  readonly isRunning: boolean;
  readonly answeredBy: AgentKind;
}

/** The chat, as on a phone: who it is with, what was said, and where one writes. */
export const Chat: FC<{ readonly state: ChatState; readonly draft: Draft }> = ({
  state,
  draft,
}) => (
  <section id="chat" class="chat" aria-label={`Chat with ${state.api.bot.first_name}`}>
    <header>
      <h1>{state.api.bot.first_name}</h1>
      <Presence state={state} />
      <a class="to-panel" href="#panel">
        What happens
      </a>
    </header>
    {state.answeredBy === 'claude' ? null : (
      <p class="notice">
        You talk to the echo, not to Claude. <a href="#panel">How to change that</a>
      </p>
    )}
    <div id="scroller" class="scroller" tabindex={0}>
      <div class="talk">
        <div id="log" class="log" role="log" aria-label="Messages" data-parts>
          {bubbles(state).map(({ node }) => node)}
        </div>
        <Making state={state} />
      </div>
    </div>
    <div id="toasts" class="toasts" role="status" data-parts>
      {toasts(state).map(({ node }) => node)}
    </div>
    <Composer draft={draft} api={state.api} />
  </section>
);

/** What of the chat changes, in its order. */
export function chatParts(state: ChatState): readonly Part[] {
  return [
    { id: 'presence', node: <Presence state={state} /> },
    ...bubbles(state),
    { id: 'making', node: <Making state={state} /> },
    ...toasts(state),
  ];
}

/** When the next thing of it goes by itself, or `null`. */
export function chatEndsAtMs(state: ChatState): number | null {
  const typing = typingEndsAtMs(state);
  const ends = answersToPresses(state).map(({ endsAtMs }) => endsAtMs);
  const all = typing === null ? ends : [...ends, typing];
  return all.length === 0 ? null : Math.min(...all);
}

function bubbles(state: ChatState): readonly Part[] {
  const groups = groupsOf(state.api.messages(OWNER.id)).slice(-BUBBLE_COUNT);
  if (groups.length === 0) {
    const node = (
      <p id="hello" class="empty">
        Say hello: what you write travels the whole way to{' '}
        {state.answeredBy === 'claude' ? 'Claude Code' : 'the echo, which answers here,'} and back.
      </p>
    );
    return [{ id: 'hello', into: 'log', node }];
  }
  return groups.map((group) => ({
    id: `m${group[0]?.messageId ?? 0}`,
    into: 'log',
    key: bubbleKey(group, state),
    node: <Bubble group={group} around={state} />,
  }));
}

/** Who it is with, and what they are doing. */
const Presence: FC<{ readonly state: ChatState }> = ({ state }) => {
  const isTyping = typingEndsAtMs(state) !== null;
  const words = isTyping ? 'typing …' : state.isRunning ? 'bot' : 'away: the service is down';
  return (
    <p id="presence" class={isTyping ? 'presence typing' : 'presence'}>
      {words}
    </p>
  );
};

/** As in Telegram: a sign goes after five seconds, or when a message comes. */
function typingEndsAtMs({ api, nowMs }: ChatState): number | null {
  const action = api.chatActions.findLast(({ chat }) => chat === OWNER.id);
  if (action === undefined) return null;
  const endsAtMs = action.atMs + ACTION_LASTS_MS;
  const last = api.sentMessages(OWNER.id).at(-1);
  return endsAtMs <= nowMs || (last !== undefined && last.atMs > action.atMs) ? null : endsAtMs;
}

/** An answer in the making, where the bot shows it. */
const Making: FC<{ readonly state: ChatState }> = ({ state }) => {
  const drafts = state.api.drafts(OWNER.id).filter(({ text }) => text !== '');
  return (
    <div id="making">
      {drafts.map(({ text, entities }) => (
        <div class="bubble theirs making">
          <div class="words" dir="auto">
            <Formatted text={text} entities={entities} />
          </div>
        </div>
      ))}
    </div>
  );
};

function toasts(state: ChatState): readonly Part[] {
  return answersToPresses(state).map(({ pressId, text }) => {
    const id = `toast${pressId}`;
    const node = (
      <p id={id} class="toast">
        {text}
      </p>
    );
    return { id, into: 'toasts', node };
  });
}

/** What the bot answered to presses in the last seconds. */
function answersToPresses({ api, nowMs }: ChatState) {
  const oldest = api.calls.findLastIndex(({ atMs }) => atMs + TOAST_LASTS_MS <= nowMs);
  return api.calls.slice(oldest + 1).flatMap(({ method, params, status, atMs }) => {
    const { callback_query_id: pressId, text } = params;
    const isAnswer = method === 'answerCallbackQuery' && status === 200;
    return isAnswer && typeof pressId === 'string' && typeof text === 'string' && text !== ''
      ? [{ pressId, text, endsAtMs: atMs + TOAST_LASTS_MS }]
      : [];
  });
}
