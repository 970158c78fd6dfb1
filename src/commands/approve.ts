import { eq } from 'drizzle-orm';
import { messages, turns } from '../../drizzle/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { InboundMessage, InboundPress, Person } from '../core/inbound.ts';
import { type Mask, maskKeys } from '../core/mask.ts';
import type { Outbox } from '../outbox/append.ts';
import type { Database } from '../platform/database/open.ts';
import type { Access } from '../policy/access.ts';
import type { Gate } from '../policy/gate.ts';
import { APPROVE, REACHES, type Decision, type StoredApproval } from '../turns/approval.ts';
import type { Approvals } from '../turns/approvals.ts';
import type { Questions } from '../turns/questions.ts';
import { idIn, NOT_YOURS, TOO_LATE, type PressActs, type Pressed } from './press.ts';

/** Words that sound like a yes. What is allowed is too much to hang on a word that may mean something else. */
const CONSENT =
  /^(?:y|yes|yep|yeah|ok|okay|k|sure|fine|good|allow(?:ed)?|approved?|go|go ahead|go on|do it|please do|proceed|continue|ja|jo|jup|klar|gerne|mach|si|sí|oui|da|\+1|👍|👌|✅)\p{P}*$/iu;

interface Parts {
  readonly approvals: Approvals;
  readonly access: Pick<Access, 'may' | 'roleOf'>;
  readonly outbox: Outbox;
}

/** What the buttons below a use of a tool do that waits to be allowed. */
export function approvalPresses(parts: Parts): PressActs {
  const settle = (
    { conversation, messageId, sender }: InboundPress,
    subject: string,
    what: string,
  ) => {
    const by = escapeMarkdown(sender.name);
    parts.outbox.edit(conversation, {
      messageId,
      markdown: `${subject}\n\n**${what} by ${by}.**`,
      buttons: [],
    });
  };

  const act = (press: InboundPress, argument: string): Pressed | null => {
    const [id = '', choice = ''] = argument.split('.');
    const approval = parts.approvals.get(idIn(id));
    const decision = decisionOf(choice);
    if (approval?.conversationId !== press.conversation.id || decision === null) return null;
    const { turnId } = approval;
    if (!mayDecide(parts, press.sender, press.conversation, approval.askerId)) {
      return { word: NOT_YOURS, turnId, decision: 'refused' };
    }
    if (parts.approvals.decide(approval.id, decision, press.sender) === 'gone') {
      return { word: TOO_LATE, turnId };
    }
    const said = wordsOf(decision);
    settle(press, approval.subject, said.shown);
    return { word: said.word, turnId, decision: decision.kind, details: detailsOf(approval) };
  };

  return new Map([[APPROVE, { needs: 'approve-own', act }]]);
}

/**
 * Takes what is written while something waits to be allowed for a no, with these words as the reason,
 * where it comes from somebody who may decide it. To be called in the transaction of the update.
 *
 * @returns Whether that is what it was, or a yes, which is told to press the button.
 */
export function createDenial(
  parts: Parts & {
    readonly database: Database;
    readonly clock: Clock;
    readonly questions: Questions;
    readonly gate: Pick<Gate, 'checkText'>;
    readonly mask?: Mask;
  },
): (message: InboundMessage) => boolean {
  const { access, approvals, questions, outbox, database, mask = maskKeys } = parts;

  const takeButtons = (conversation: Conversation, id: number, { name }: Person): void => {
    const messageId = approvals.shownAs(id);
    const subject = approvals.get(id)?.subject ?? '';
    if (messageId === null) return;
    const markdown = `${subject}\n\n**🚫 Denied by ${escapeMarkdown(name)}.**`;
    outbox.edit(conversation, { messageId, markdown, buttons: [] });
  };

  /** Whether a question was put after it: the words are for what stands last in the chat. */
  const isQuestionNewer = (conversationId: string, sinceMs: number): boolean => {
    const question = questions.openFor(conversationId);
    if (question?.isWaitedFor !== true) return false;
    return (questions.get(question.id)?.askedAtMs ?? 0) > sinceMs;
  };

  const keep = ({ conversation, sender, text }: InboundMessage, turnId: number): void => {
    const turn = database.orm.select().from(turns).where(eq(turns.id, turnId)).get();
    database.orm
      .insert(messages)
      .values({
        conversationId: conversation.id,
        role: 'person',
        author: sender.name,
        personId: sender.id,
        text: mask(text).text,
        duringMessageId: turn?.messageId ?? null,
        createdAtMs: parts.clock.now(),
      })
      .run();
  };

  return (message) => {
    const { conversation, sender, text, messageId } = message;
    const open = approvals.openFor(conversation.id);
    if (open === null || text.trim() === '') return false;
    if (!mayDecide(parts, sender, conversation, open.askerId)) return false;
    if (isQuestionNewer(conversation.id, open.askedAtMs)) return false;
    const say = (markdown: string) =>
      outbox.say(conversation, { markdown, replyTo: messageId, buttons: [] });
    if (CONSENT.test(text.trim())) {
      say('A word is not enough for that. Press **Allow** above, or tell me why not.');
      return true;
    }
    const role = access.roleOf(sender, conversation);
    if (role === null) return false;
    const request = { conversation, personId: sender.id, role, text, isReply: true };
    const refusal = parts.gate.checkText(request);
    if (refusal !== null) {
      say(`${refusal.markdown}\n\nClaude still waits for your word.`);
      return true;
    }
    const decision: Decision = { kind: 'denied', reason: text.trim() };
    if (approvals.decide(open.id, decision, sender) === 'gone') return false;
    keep(message, open.turnId);
    takeButtons(conversation, open.id, sender);
    say('🚫 Denied. I told Claude what you wrote, and it goes on without that.');
    return true;
  };
}

function mayDecide(
  { access }: Pick<Parts, 'access'>,
  sender: Pick<Person, 'id'>,
  conversation: Conversation,
  askerId: string | null,
): boolean {
  return access.may(sender, conversation, askerId === sender.id ? 'approve-own' : 'approve-any');
}

function decisionOf(choice: string): Decision | null {
  if (choice === 'deny') return { kind: 'denied', reason: null };
  const reach = REACHES.find((known) => known === choice);
  return reach === undefined ? null : { kind: 'allowed', reach };
}

function wordsOf(decision: Decision): { readonly word: string; readonly shown: string } {
  if (decision.kind === 'denied') return { word: 'Denied.', shown: '🚫 Denied' };
  switch (decision.reach) {
    case 'once':
      return { word: 'Allowed.', shown: '✅ Allowed' };
    case 'turn':
      return { word: 'Allowed for this turn.', shown: '✅ Allowed for this turn' };
    case 'project':
      return { word: 'Always allowed here.', shown: '✅ Always allowed in this folder' };
  }
}

function detailsOf({ id, tool, inputDigest }: StoredApproval) {
  return { approval: id, tool, inputDigest };
}
