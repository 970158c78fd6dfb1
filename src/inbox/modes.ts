import type { Conversation } from '../core/conversation.ts';
import type { Person } from '../core/inbound.ts';
import { type Mode, stricter } from '../core/mode.ts';
import type { TurnOptions } from '../core/turn.ts';
import type { Access } from '../policy/access.ts';
import type { ConversationStore } from './conversations.ts';

/** What Claude may do unasked in a conversation, by what was chosen there and who may choose what. */
export interface Modes {
  /**
   * What holds now: what was chosen, but nothing looser than `MODE` unless whoever chose it may still do
   * so.
   */
  of(conversation: Conversation): Mode;
  /**
   * Whether somebody may choose it: everybody a stricter one, and a looser one as far as neither `MODE` nor
   * somebody who may decide against it has said otherwise.
   */
  mayChoose(person: Pick<Person, 'id'>, conversation: Conversation, mode: Mode): boolean;
  /**
   * How a command's turn is to be run: it may be looser than its conversation only where it says which
   * tools it takes.
   */
  bounded(options: TurnOptions, conversation: Conversation): TurnOptions;
  /** Keeps the choice, where {@link Modes.mayChoose} says so. @returns Whether it did. */
  choose(person: Pick<Person, 'id'>, conversation: Conversation, mode: Mode): boolean;
}

export function createModes(parts: {
  readonly conversations: Pick<ConversationStore, 'mode' | 'modeBy' | 'chooseMode'>;
  readonly access: Pick<Access, 'may'>;
  /** `MODE`: what holds where a conversation chose nothing. */
  readonly defaultMode: Mode;
}): Modes {
  const { conversations, access, defaultMode } = parts;

  /** Who chose the mode, where that is somebody who may decide against what is configured. */
  const authority = (conversation: Conversation): string | null => {
    const by = conversations.modeBy(conversation.id);
    return by !== null && access.may({ id: by }, conversation, 'override') ? by : null;
  };

  const of = (conversation: Conversation): Mode => {
    const chosen = conversations.mode(conversation.id);
    if (chosen === null) return defaultMode;
    return authority(conversation) === null ? stricter(chosen, defaultMode) : chosen;
  };

  const mayChoose: Modes['mayChoose'] = (person, conversation, mode) => {
    if (stricter(mode, of(conversation)) === mode) return true;
    if (access.may(person, conversation, 'override')) return true;
    return stricter(mode, defaultMode) === mode && authority(conversation) === null;
  };

  return {
    of,
    mayChoose,
    bounded: (options, conversation) => {
      const { mode = null, tools = null } = options;
      if (mode === null || tools !== null) return options;
      return { ...options, mode: stricter(mode, of(conversation)) };
    },
    choose: (person, conversation, mode) => {
      if (!mayChoose(person, conversation, mode)) return false;
      // Else one could make it stricter first, and then as loose as one likes.
      const by = access.may(person, conversation, 'override') ? null : authority(conversation);
      conversations.chooseMode(conversation.id, mode, by ?? person.id);
      return true;
    },
  };
}
