import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import { writePrivateFile } from '../platform/files.ts';
import type { Logger } from '../platform/log.ts';

/** In the home, as long as the person knows of an outage that is not over: since when. */
const FILE_NAME = '.tunnel_down_since';

/** What the person is told. */
export interface Outage {
  /** What happened, the beginning of a sentence: `The tunnel is down`. */
  readonly what: string;
  /** Milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  /** In a few words, without a full stop. */
  readonly reason: string;
  /** A sentence, in Markdown. */
  readonly remedy: string;
}

/** Tells the owner, once an outage, that the messages come another way. */
export interface OutageNotice {
  /** Whether the person knows of the outage, maybe from an earlier run of the service. */
  isTold(): boolean;
  /** In how many milliseconds the person may be told again; 0 for now. */
  restMs(): number;
  /** @throws what the database throws; the person does not know then. */
  tell(outage: Outage): void;
  /** The outage is over. */
  forget(): void;
}

/**
 * @param parts.quietMs After it has told of one outage, it keeps quiet for so long about the next.
 */
export function createOutageNotice(parts: {
  readonly home: string;
  /** Whom to tell, asked for each time. */
  readonly owner: () => Conversation;
  readonly database: Database;
  readonly conversations: ConversationStore;
  readonly outbox: Outbox;
  readonly quietMs: number;
  /** Called when something waits to be sent. */
  readonly said: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}): OutageNotice {
  const { clock, log } = parts;
  const file = join(parts.home, FILE_NAME);
  const change = (how: () => void) => {
    try {
      how();
    } catch (error) {
      log.error({ err: error, file }, 'tunnel.not-remembered');
    }
  };
  let isTold = existsSync(file);
  let toldAtMs = Number.NEGATIVE_INFINITY;

  return {
    isTold: () => isTold,
    restMs: () => Math.max(0, toldAtMs + parts.quietMs - clock.elapsed()),
    tell: (outage) => {
      const owner = parts.owner();
      parts.database.transaction(() => {
        parts.conversations.ensure(owner);
        parts.outbox.say(owner, { markdown: noticeOf(outage), replyTo: null, buttons: [] });
      });
      parts.said();
      isTold = true;
      toldAtMs = clock.elapsed();
      const since = new Date(outage.sinceMs).toISOString();
      log.warn({ since, reason: outage.reason }, 'tunnel.person-told');
      // After the message: a crash in between tells it twice, and never not at all.
      change(() => writePrivateFile(file, `${since}\n`));
    },
    forget: () => {
      isTold = false;
      change(() => rmSync(file, { force: true }));
    },
  };
}

function noticeOf({ what, sinceMs, reason, remedy }: Outage): string {
  const when = new Date(sinceMs).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  return [
    `**${what}** since ${when}: ${escapeMarkdown(reason)}.`,
    'Everything still works: meanwhile I fetch your messages from Telegram, which may be a little slower.',
    remedy,
  ].join('\n\n');
}
