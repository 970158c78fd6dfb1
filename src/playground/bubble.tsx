import type { FC } from 'hono/jsx';
import { excerpt, momentOf } from '../core/format.ts';
import type { AttachedFile, BotApiStandin, StoredMessage } from './bot-api/bot-api.ts';
import { imageTypeOf, soundTypeOf } from './chat-files.ts';
import { Formatted, safeLink } from './formatted.tsx';
import { REACTIONS } from './send.ts';
import { nameOf } from './trace-ways.ts';
import type { TraceState } from './trace.ts';

const QUOTE_LENGTH = 120;
const BYTES_PER_KB = 1024;

/** How far a message of one's own has come, as its bubble shows it. */
const MARKS: Readonly<Record<TraceState, { readonly sign: string; readonly words: string }>> = {
  sent: { sign: '✓', words: 'sent' },
  taken: { sign: '✓✓', words: 'taken' },
  queued: { sign: '✓✓', words: 'queued' },
  running: { sign: '✓✓', words: 'running' },
  answering: { sign: '✓✓', words: 'answer on its way' },
  answered: { sign: '✓✓', words: 'answered' },
  failed: { sign: '⚠', words: 'failed' },
  interrupted: { sign: '⚡', words: 'interrupted' },
  cancelled: { sign: '✕', words: 'cancelled' },
  ignored: { sign: '✓✓', words: 'ignored' },
};

/** What a bubble needs to know of the chat around it. */
export interface BubbleContext {
  readonly api: BotApiStandin;
  /** The path below which the files of messages are served, by the ids of the messages. */
  readonly filesPath: string;
  readonly find: (messageId: number) => StoredMessage | undefined;
  readonly stateOf: (messageId: number) => TraceState | undefined;
}

/** What a bubble shows: as long as this stays the same, so does the bubble. */
export function bubbleKey(group: readonly StoredMessage[], around: BubbleContext): string {
  return JSON.stringify(
    group.map((message) => {
      const { messageId, editCount, reaction, replyTo } = message;
      const original = replyTo === null ? undefined : around.find(replyTo);
      const own = around.api.updates.reactionsTo(message);
      return [messageId, editCount, reaction, own, original?.editCount, around.stateOf(messageId)];
    }),
  );
}

/** A message, or the messages of an album, as one bubble. */
export const Bubble: FC<{
  readonly group: readonly StoredMessage[];
  readonly around: BubbleContext;
}> = ({ group, around }) => {
  const [first] = group;
  if (first === undefined) return null;
  const { api } = around;
  const worded = group.find(({ text }) => text !== '');
  const keyboard = group.find(({ replyMarkup }) => replyMarkup !== null);
  const files = group.flatMap((message) => {
    const file = api.updates.attached(message);
    return file === null ? [] : [{ message, file }];
  });
  const name = nameOf(group, api.updates.attached);
  return (
    <article id={`m${first.messageId}`} class={`bubble ${first.byBot ? 'theirs' : 'own'}`}>
      <span class="visually-hidden">{first.byBot ? `${api.bot.first_name}:` : 'You:'}</span>
      {first.replyTo === null ? null : <Quote messageId={first.replyTo} around={around} />}
      {files.length === 0 ? null : (
        <div class={files.length > 1 ? 'files album' : 'files'}>
          {files.map(({ message, file }) => (
            <Attached file={file} href={`${around.filesPath}/${message.messageId}`} />
          ))}
        </div>
      )}
      {worded === undefined ? null : (
        <div class="words" dir="auto">
          {worded.rich ? worded.text : <Formatted text={worded.text} entities={worded.entities} />}
        </div>
      )}
      <Foot group={group} around={around} />
      {keyboard === undefined ? null : <Keyboard message={keyboard} name={name} />}
      <Menu message={worded ?? first} name={name} around={around} />
    </article>
  );
};

const Quote: FC<{ readonly messageId: number; readonly around: BubbleContext }> = ({
  messageId,
  around,
}) => {
  const original = around.find(messageId);
  if (original === undefined) return <p class="quote">A message that is gone</p>;
  const { api } = around;
  return (
    <a class="quote" href={`#m${messageId}`}>
      <strong>{original.byBot ? api.bot.first_name : 'You'}</strong>{' '}
      {excerpt(nameOf([original], api.updates.attached), QUOTE_LENGTH)}
    </a>
  );
};

const Attached: FC<{ readonly file: AttachedFile; readonly href: string }> = ({ file, href }) => {
  if (file.kind === 'photo' && imageTypeOf(file.content) !== null) {
    return (
      <a href={href} target="_blank" rel="noopener">
        <img src={href} alt="Photo" loading="lazy" />
      </a>
    );
  }
  const isSound = (file.kind === 'voice' || file.kind === 'audio') && soundTypeOf(file.content);
  if (isSound !== false && isSound !== null) {
    const duration = file.durationSeconds === null ? '' : `, ${file.durationSeconds} s`;
    const label = `${file.kind === 'voice' ? 'Voice note' : file.fileName}${duration}`;
    return <audio controls preload="metadata" src={href} aria-label={label} />;
  }
  return (
    <a class="file" href={href} download={file.fileName}>
      <strong dir="auto">{file.fileName}</strong>{' '}
      <span class="muted">{sizeOf(file.content.byteLength)}</span>
    </a>
  );
};

function sizeOf(bytes: number): string {
  if (bytes < BYTES_PER_KB) return `${bytes} B`;
  const kb = bytes / BYTES_PER_KB;
  return kb < BYTES_PER_KB ? `${Math.ceil(kb)} KB` : `${(kb / BYTES_PER_KB).toFixed(1)} MB`;
}

/** Reactions, the time, and how far it has come. */
const Foot: FC<{ readonly group: readonly StoredMessage[]; readonly around: BubbleContext }> = ({
  group,
  around,
}) => {
  const [first] = group;
  if (first === undefined) return null;
  const { bot, updates } = around.api;
  const reactions = [
    ...reactionsOf(
      bot.first_name,
      group.flatMap(({ reaction }) => reaction),
    ),
    ...reactionsOf(
      'you',
      group.flatMap((message) => updates.reactionsTo(message)),
    ),
  ];
  const state = first.byBot ? undefined : around.stateOf(first.messageId);
  const mark = state === undefined ? null : MARKS[state];
  return (
    <p class="foot" aria-live="off">
      {reactions.length === 0 ? null : (
        <span class="reactions">
          {reactions.map(({ emoji, who }) => (
            <span>
              {emoji}
              <span class="visually-hidden"> from {who}</span>
            </span>
          ))}
        </span>
      )}
      {group.some(({ editCount }) => editCount > 0) ? <span>edited</span> : null}
      <time datetime={new Date(first.atMs).toISOString()}>{momentOf(first.atMs, first.atMs)}</time>
      {mark === null ? null : (
        <span class={`mark ${state ?? ''}`}>
          <span aria-hidden="true">{mark.sign}</span> {mark.words}
        </span>
      )}
    </p>
  );
};

/** An album is reacted to in each of its messages. */
function reactionsOf(who: string, emoji: readonly string[]) {
  return [...new Set(emoji)].map((one) => ({ emoji: one, who }));
}

const Keyboard: FC<{ readonly message: StoredMessage; readonly name: string }> = ({
  message,
  name,
}) => (
  <form
    class="keyboard"
    method="post"
    action="/press"
    data-quiet
    data-key={`keys-${message.messageId}`}
  >
    <input type="hidden" name="message" value={message.messageId} />
    <div role="group" aria-label={`Buttons of “${name}”`}>
      {message.replyMarkup?.inline_keyboard.map((row) => (
        <div class="keys">
          {row.map((button) => {
            if ('callback_data' in button) {
              return (
                <button type="submit" name="data" value={button.callback_data}>
                  {button.text}
                </button>
              );
            }
            const address = 'url' in button ? safeLink(button.url) : null;
            if (address === null) return <span>{button.text}</span>;
            return (
              <a class="button" href={address} target="_blank" rel="noopener noreferrer">
                {button.text}
              </a>
            );
          })}
        </div>
      ))}
    </div>
  </form>
);

/** What one can do with a message: on a phone, what a long press shows. */
const Menu: FC<{
  readonly message: StoredMessage;
  readonly name: string;
  readonly around: BubbleContext;
}> = ({ message, name, around }) => {
  const { messageId: id } = message;
  const own = around.api.updates.reactionsTo(message);
  return (
    <details class="menu" data-key={`menu-${id}`}>
      <summary>
        <span aria-hidden="true">⋯</span>
        <span class="visually-hidden">Act on “{name}”</span>
      </summary>
      <div class="row">
        <a href={`/?reply=${id}#chat`} data-compose>
          Reply<span class="visually-hidden"> to “{name}”</span>
        </a>
        {message.byBot ? null : (
          <a href={`/?edit=${id}#chat`} data-compose>
            Edit<span class="visually-hidden"> “{name}”</span>
          </a>
        )}
        <form method="post" action="/react" data-quiet class="row">
          <input type="hidden" name="message" value={id} />
          {REACTIONS.map((emoji) => (
            <button
              type="submit"
              name="emoji"
              value={emoji}
              aria-pressed={own.includes(emoji) ? 'true' : 'false'}
              aria-label={`React with ${emoji}`}
            >
              {emoji}
            </button>
          ))}
        </form>
      </div>
    </details>
  );
};
