import type { CommandHandler } from '../commands/dispatch.ts';
import { queueFull } from '../commands/full.ts';
import type { PressHandler } from '../commands/presses.ts';
import { escapeMarkdown, excerpt } from '../core/format.ts';
import type { InboundAct, InboundEdit, InboundMessage, InboundReaction } from '../core/inbound.ts';
import type { Role } from '../core/role.ts';
import type { InboxHandlers } from '../inbox/accept.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Access } from '../policy/access.ts';
import type { Audit } from '../policy/audit.ts';
import type { Gate } from '../policy/gate.ts';
import type { Approvals } from '../turns/approvals.ts';
import type { Questions } from '../turns/questions.ts';

const QUESTION_LENGTH = 200;

/** What the inbox leaves to others. */
export function createHandlers(parts: {
  readonly access: Access;
  readonly outbox: Outbox;
  readonly questions: Questions;
  readonly approvals: Pick<Approvals, 'openFor'>;
  readonly gate: Pick<Gate, 'checkText'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly command: CommandHandler;
  readonly edit: (edit: InboundEdit, role: Role) => boolean;
  readonly reaction: (reaction: InboundReaction) => boolean;
  readonly press: PressHandler;
  /** Whether a message was a word on something that waits to be allowed. */
  readonly denial: (message: InboundMessage) => boolean;
  readonly refused: InboxHandlers['refused'];
  /** How new people ask to be let in; `null` where they cannot. Returns whether they did. */
  readonly pairing: ((inbound: InboundAct) => boolean) | null;
}): InboxHandlers {
  const { outbox, questions } = parts;

  /** What has to come from people before anything else is begun, to go on after `for`. */
  const waitedFor = (conversationId: string): string | null => {
    if (parts.approvals.openFor(conversationId) !== null) {
      return 'a press on **Allow** or **Deny** above.';
    }
    const question = questions.openFor(conversationId);
    if (question === null || !question.isWaitedFor) return null;
    return `your answer to: ${escapeMarkdown(excerpt(question.text, QUESTION_LENGTH))}`;
  };

  return {
    roleOf: ({ sender, conversation }) => parts.access.roleOf(sender, conversation),
    stranger: (inbound) => {
      if (parts.pairing?.(inbound) === true) return true;
      parts.access.refused(inbound.sender, inbound.conversation);
      return false;
    },
    refused: parts.refused,
    command: parts.command,
    edit: parts.edit,
    reaction: parts.reaction,
    press: parts.press,
    answer: (message) => {
      const { conversation, attachments, text, sender, messageId } = message;
      if (!bringsFiles(attachments) && parts.denial(message)) return true;
      const question = questions.openFor(conversation.id);
      // Where nobody waits for it, or it brings a file, it is a message like any other.
      if (question === null || !question.isWaitedFor || bringsFiles(attachments)) return false;
      const role = parts.access.roleOf(sender, conversation);
      if (role === null || !parts.access.may(sender, conversation, 'answer')) return false;
      const request = { conversation, personId: sender.id, role, text, isReply: true };
      const refusal = parts.gate.checkText(request);
      if (refusal?.isRepeated === true) return true;
      if (refusal !== null) {
        const markdown = `${refusal.markdown}\n\nClaude still waits for your answer.`;
        outbox.say(conversation, { markdown, replyTo: messageId, buttons: [] });
        return true;
      }
      if (questions.answer(question.id, { text, by: sender.name }) === 'gone') return false;
      parts.audit.write({
        event: 'question.answered',
        conversationId: conversation.id,
        personId: sender.id,
        turnId: question.turnId,
        details: { question: question.id },
        text,
      });
      return true;
    },
    queued: ({ conversation, attachments, messageId }) => {
      if (!bringsFiles(attachments)) return;
      const waitsFor = waitedFor(conversation.id);
      if (waitsFor === null) return;
      outbox.say(conversation, {
        markdown: `I take this next. First I wait for ${waitsFor}`,
        replyTo: messageId,
        buttons: [],
      });
    },
    unreadable: ({ conversation, messageId, what }) => {
      outbox.say(conversation, {
        markdown: `I cannot make anything of ${what}. Please put it into words.`,
        replyTo: messageId,
        buttons: [],
      });
    },
    full: ({ conversation, messageId }, waitingCount) => {
      outbox.say(conversation, queueFull(messageId, waitingCount));
    },
  };
}

function bringsFiles(attachments: InboundMessage['attachments']): boolean {
  return attachments.some(({ isQuoted }) => !isQuoted);
}
