import type { InboundMessage } from '../core/inbound.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { MemoryStore, RememberOutcome } from '../memory/store.ts';
import type { Command } from './command.ts';
import { TURNED_OFF } from './memory.ts';

/** What a person says outright is nearly certain. */
const TOLD_CONFIDENCE = 0.95;

/** `/remember`: keeps what a person says as a fact, or what they reply to where they say nothing. */
export function rememberCommand(
  memory: { readonly store: MemoryStore } | null,
  conversations: ConversationStore,
): Command {
  return {
    name: 'remember',
    needs: 'remember' as const,
    description: 'Tell me something to keep in mind: “/remember TEXT”',
    run: (message, args, messageId) => {
      if (memory === null) return { markdown: TURNED_OFF };
      const { id, destination } = message.conversation;
      const text = args.trim() || quotedText(message);
      if (text === '') {
        return {
          markdown:
            'Send /remember with what I should keep in mind, such as `/remember Deploys go out on Tuesdays`. Or reply with /remember to a message.',
        };
      }
      const outcome = memory.store.remember(destination, {
        kind: 'semantic',
        text,
        confidence: TOLD_CONFIDENCE,
        source: 'told',
        messageIds: messageId === undefined ? [] : [messageId],
      });
      return { markdown: wordsFor(outcome, conversations.hasMemory(id)) };
    },
  };
}

function quotedText({ quote }: InboundMessage): string {
  return quote === null || quote.wordlessMessageId !== undefined ? '' : quote.text.trim();
}

function wordsFor(outcome: RememberOutcome, isOn: boolean): string {
  if (outcome.kind === 'refused') return `I did not keep that. ${outcome.reason}`;
  const kept =
    outcome.kind === 'known'
      ? '🧠 I know that already.'
      : '🧠 I will remember that in this chat. /forget takes it back, or what is no longer so.';
  return isOn ? kept : `${kept} My memory is off here, so I make no use of it before /memory on.`;
}
