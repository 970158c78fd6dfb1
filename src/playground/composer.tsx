import type { BotCommand } from '@grammyjs/types';
import type { FC } from 'hono/jsx';
import type { BotApiStandin, StoredMessage } from './bot-api/bot-api.ts';
import { MAX_FILE_BYTES } from './send.ts';
import { nameOf } from './trace-ways.ts';

/** What the composer is about, and what stands in it. */
export interface Draft {
  /** The message that is replied to. */
  readonly reply: StoredMessage | null;
  /** The message of one's own that is changed. */
  readonly edit: StoredMessage | null;
  readonly text: string;
  /** Why it was not sent, in a sentence; `null`: nobody has tried. */
  readonly fault: string | null;
}

/** Where messages are written. Works without scripts, which add what only they can do. */
export const Composer: FC<{ readonly draft: Draft; readonly api: BotApiStandin }> = ({
  draft,
  api,
}) => (
  <>
    <form
      id="composer"
      class="composer"
      method="post"
      action="/send"
      enctype="multipart/form-data"
      data-most-bytes={MAX_FILE_BYTES}
    >
      <About draft={draft} api={api} />
      {draft.fault === null ? null : (
        <p id="refused" class="refused" role="alert">
          {draft.fault}
        </p>
      )}
      <ul id="suggestions" role="listbox" aria-label="Commands" hidden />
      <p id="chosen" class="muted" role="status" />
      <div class="entry">
        <label class="attach" title="Attach files">
          <span class="visually-hidden">Attach files: several pictures make an album</span>
          <input type="file" name="files" multiple />
        </label>
        <label class="visually-hidden" for="text">
          Message
        </label>
        <textarea
          id="text"
          name="text"
          rows={1}
          placeholder="Message"
          autocomplete="off"
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls="suggestions"
          dir="auto"
        >
          {draft.text}
        </textarea>
        <button id="record" type="button" hidden>
          <span aria-hidden="true">🎙</span>
          <span class="visually-hidden">Record a voice note</span>
        </button>
        <button id="discard" type="button" hidden>
          Discard
        </button>
        <button type="submit" class="primary">
          {draft.edit === null ? 'Send' : 'Save'}
        </button>
      </div>
    </form>
    <noscript>
      <form class="entry" method="post" action="/send">
        <label for="command">Command</label>
        <input id="command" name="text" list="commands" placeholder="/status" autocomplete="off" />
        <button type="submit">Send the command</button>
      </form>
    </noscript>
    <Commands commands={api.commands} />
  </>
);

/** What the bot has registered, to choose from. */
export const Commands: FC<{ readonly commands: readonly BotCommand[] }> = ({ commands }) => (
  <datalist id="commands">
    {commands.map(({ command, description }) => (
      <option value={`/${command}`}>{description}</option>
    ))}
  </datalist>
);

/** The message that the next one replies to or takes the place of. */
const About: FC<{ readonly draft: Draft; readonly api: BotApiStandin }> = ({ draft, api }) => {
  const message = draft.edit ?? draft.reply;
  return (
    <div id="about" class="about">
      {message === null ? null : (
        <>
          <input
            type="hidden"
            name={draft.edit === null ? 'reply' : 'edit'}
            value={message.messageId}
          />
          <p>
            <strong>{draft.edit === null ? 'Reply to' : 'Edit'}</strong>{' '}
            {nameOf([message], api.updates.attached)}
          </p>
          <a href="/" data-compose>
            Cancel
            <span class="visually-hidden"> the {draft.edit === null ? 'reply' : 'edit'}</span>
          </a>
        </>
      )}
    </div>
  );
};
