import { PROGRESS_LEVELS, type ProgressLevel } from '../core/progress.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Access } from '../policy/access.ts';
import { type Command, notAllowed } from './command.ts';

const MEANING: Readonly<Record<ProgressLevel, string>> = {
  off: 'nothing but “typing…” while I work',
  brief: 'what I am doing now, once a turn takes longer than 5 seconds',
  full: 'what I am doing now, and the last steps before it',
};

/** `/verbose`: how much is shown of a turn while it runs. The choice is kept for the conversation. */
export function verboseCommands(
  conversations: ConversationStore,
  defaultLevel: ProgressLevel,
  access: Pick<Access, 'may'>,
): readonly Command[] {
  return [
    {
      name: 'verbose',
      needs: 'look' as const,
      description: 'How much you see while I work: off, brief or full',
      run: ({ sender, conversation }, args) => {
        const wanted = args.trim().toLowerCase();
        const level = PROGRESS_LEVELS.find((known) => known === wanted);
        if (level !== undefined) {
          if (!access.may(sender, conversation, 'choose')) return notAllowed(`/verbose ${level}`);
          conversations.chooseProgress(conversation.id, level);
          return {
            markdown: `From your next message on you see ${MEANING[level]}.`,
            details: { chosen: level },
          };
        }
        const current = conversations.progress(conversation.id) ?? defaultLevel;
        const list = PROGRESS_LEVELS.map((known) => `- \`/verbose ${known}\`: ${MEANING[known]}`);
        const said =
          wanted === '' ? `You see ${MEANING[current]}.` : 'I know off, brief and full here.';
        return { markdown: `${said}\n\n${list.join('\n')}` };
      },
    },
  ];
}
