import type { Conversation } from '../core/conversation.ts';
import { MODEL_NAME } from '../core/model-name.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Access } from '../policy/access.ts';
import { type Command, notAllowed } from './command.ts';

const SHORTCUTS = [
  { name: 'haiku', description: 'Use Haiku: quick and cheap' },
  { name: 'sonnet', description: 'Use Sonnet: the middle way' },
  { name: 'opus', description: 'Use Opus: thorough and dear' },
];

/** `/haiku`, `/sonnet`, `/opus` and `/model`. The choice is kept for the conversation. */
export function modelCommands(
  conversations: ConversationStore,
  defaultModel: (conversation: Conversation) => string,
  access: Pick<Access, 'may'>,
): readonly Command[] {
  const choose = (conversationId: string, model: string) => {
    conversations.chooseModel(conversationId, model);
    return {
      markdown: `From your next message on I use **${escapeMarkdown(model)}**.`,
      details: { chosen: model },
    };
  };
  return [
    ...SHORTCUTS.map(({ name, description }) => ({
      name,
      description,
      needs: 'choose' as const,
      run: ({ conversation }: { conversation: { id: string } }) => choose(conversation.id, name),
    })),
    {
      name: 'model',
      needs: 'look' as const,
      description: 'Show the model, or choose one by name',
      run: ({ sender, conversation }, args) => {
        const model = args.trim();
        if (model === '') {
          const current = conversations.model(conversation.id) ?? defaultModel(conversation);
          return {
            markdown: `I use **${escapeMarkdown(current)}**.\n\nTo change it: /haiku, /sonnet, /opus, or \`/model NAME\` with any name that Claude Code knows.`,
          };
        }
        if (!access.may(sender, conversation, 'choose')) return notAllowed('/model NAME');
        if (!MODEL_NAME.test(model)) {
          return {
            markdown:
              'That is not the name of a model. Send /model with one word, such as `/model sonnet`.',
          };
        }
        return choose(conversation.id, model);
      },
    },
  ];
}
