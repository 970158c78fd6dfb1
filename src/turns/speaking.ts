import { setTimeout } from 'node:timers/promises';
import { and, asc, eq, sql } from 'drizzle-orm';
import { messages, turns } from '../../drizzle/schema.ts';
import type { Spoken } from '../core/speech.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { OutgoingFiles } from '../outbox/outgoing.ts';
import { isDatabaseFault } from '../platform/database/open.ts';
import { removeProgress, tellEnd } from './ending.ts';
import type { TurnParts } from './parts.ts';

/** How long to wait before the turns to speak are looked for again after the database refused it. */
const RETRY_MS = 5000;
/** An answer is worth waiting for its voice so long, and is told in writing then. */
const SPEAK_WITHIN_MS = 90_000;

interface KeptVoice extends Spoken {
  /** Absolute. */
  readonly path: string;
}

/** Speaks the answers that are to be spoken, then tells them. */
export interface Speaker {
  /** Starts what waits. Returns at once and never throws. */
  wake(): void;
  /** Resolves when nothing is being spoken. */
  idle(): Promise<void>;
  /** Stops; what was not told yet is told after the next start. */
  close(): Promise<void>;
}

/**
 * Makes a speaker. An answer is recorded before it comes here, so that nothing that happens to its voice
 * can cost it; where the voice is not to be had it is told in writing.
 */
export function createSpeaker(
  parts: Pick<
    TurnParts,
    'database' | 'speech' | 'outbox' | 'conversations' | 'channels' | 'records' | 'mask' | 'log'
  > & {
    readonly outgoing: OutgoingFiles;
    /** Called when an answer was told: the next turn of its conversation may begin. */
    readonly told: () => void;
  },
): Speaker {
  const { database, log } = parts;
  const { orm } = database;
  const underWay = new Map<number, Promise<void>>();
  const closing = new AbortController();
  let retry: NodeJS.Timeout | undefined;

  const waiting = orm
    .select({
      turnId: turns.id,
      conversationId: turns.conversationId,
      messageId: turns.messageId,
      text: messages.text,
    })
    .from(turns)
    .innerJoin(messages, eq(messages.answersMessageId, turns.messageId))
    .where(sql`${turns.speech} = 'pending'`)
    .orderBy(asc(turns.id))
    .prepare();
  type Waiting = ReturnType<typeof waiting.all>[number];

  const speak = async (turn: Waiting): Promise<void> => {
    const conversation = parts.conversations.get(turn.conversationId);
    const stopSign = parts.channels.of(conversation).signs.working(conversation);
    try {
      const spoken = await voiceOf(turn);
      let kept = spoken === null ? null : await keep(turn, spoken);
      while (!closing.signal.aborted) {
        try {
          tell(turn, kept);
          return;
        } catch (error) {
          log.error({ turn: turn.turnId, err: error }, 'speech.not-recorded');
          if (kept !== null && !isDatabaseFault(error)) {
            // Waiting mends nothing there: it is told in writing.
            kept = null;
          } else {
            await setTimeout(RETRY_MS, undefined, { signal: closing.signal }).catch(() => null);
          }
        }
      }
    } finally {
      stopSign();
    }
  };

  /** Where the disk takes no voice, there is still the text. */
  const keep = async (turn: Waiting, spoken: Spoken): Promise<KeptVoice | null> => {
    try {
      return { ...spoken, path: await parts.outgoing.keep(spoken.content) };
    } catch (error) {
      log.error({ turn: turn.turnId, err: error }, 'speech.not-kept');
      return null;
    }
  };

  const voiceOf = async (turn: Waiting): Promise<Spoken | null> => {
    if (parts.speech === null) return null;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(SPEAK_WITHIN_MS)]);
    try {
      const outcome = await parts.speech.speak(parts.mask(turn.text).text, signal);
      if (outcome.kind === 'spoken') return outcome;
      if (!closing.signal.aborted) log.warn({ turn: turn.turnId, ...outcome }, 'speech.not-spoken');
    } catch (error) {
      log.error({ turn: turn.turnId, err: error }, 'speech.broken');
    }
    return null;
  };

  const tell = (turn: Waiting, voice: KeptVoice | null): void => {
    database.transaction(() => {
      const { changes } = orm
        .update(turns)
        .set({ speech: 'done' })
        .where(and(eq(turns.id, turn.turnId), eq(turns.speech, 'pending')))
        .run();
      if (changes === 0) return;
      if (voice === null) {
        tellEnd(turn, turn, parts);
        return;
      }
      const conversation = parts.conversations.get(turn.conversationId);
      const { platformMessageId } = parts.records.message(turn.messageId);
      parts.outbox.say(
        conversation,
        {
          markdown: '',
          files: [{ path: voice.path, name: voice.name, kind: 'voice', instead: inWriting(voice) }],
          replyTo: platformMessageId,
          buttons: [],
        },
        turn.turnId,
      );
      if (voice.leftOut.trim() !== '') {
        const rest = { markdown: voice.leftOut, replyTo: platformMessageId, buttons: [] };
        parts.outbox.say(conversation, rest, turn.turnId);
      }
      removeProgress(turn, parts);
    });
    log.info({ turn: turn.turnId, isSpoken: voice !== null }, 'speech.told');
    parts.told();
  };

  const wake = (): void => {
    clearTimeout(retry);
    if (closing.signal.aborted) return;
    try {
      for (const turn of waiting.all()) {
        if (underWay.has(turn.turnId)) continue;
        const spoken = speak(turn)
          .catch((error: unknown) => log.error({ turn: turn.turnId, err: error }, 'speech.broken'))
          .finally(() => underWay.delete(turn.turnId));
        underWay.set(turn.turnId, spoken);
      }
    } catch (error) {
      log.error({ err: error }, 'speech.unreadable');
      retry = globalThis.setTimeout(wake, RETRY_MS);
    }
  };

  return {
    wake,
    idle: async () => {
      await Promise.all(underWay.values());
    },
    close: async () => {
      closing.abort();
      clearTimeout(retry);
      await Promise.all(underWay.values());
    },
  };
}

/** For whoever may not be sent a voice; what was left out of it follows anyhow. */
function inWriting({ words }: Spoken): string {
  return words.split('\n').map(escapeMarkdown).join('\n');
}
