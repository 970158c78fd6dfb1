import { MODEL_NAME } from '../core/model-name.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Command } from './command.ts';

const SHORTCUTS = [
  { name: 'haiku', description: 'Use Haiku: quick and cheap' },
  { name: 'sonnet', description: 'Use Sonnet: the middle way' },
  { name: 'opus', description: 'Use Opus: thorough and dear' },
];

/** `/haiku`, `/sonnet`, `/opus` and `/model`. The choice is kept for the conversation. */
export function modelCommands(
  conversations: ConversationStore,
  defaultModel: string,
): readonly Command[] {
  const choose = (conversationId: string, model: string) => {
    conversations.chooseModel(conversationId, model);
    return { markdown: `From your next message on I use **${escapeMarkdown(model)}**.` };
  };
  return [
    ...SHORTCUTS.map(({ name, description }) => ({
      name,
      description,
      run: ({ conversation }: { conversation: { id: string } }) => choose(conversation.id, name),
    })),
    {
      name: 'model',
      description: 'Show the model, or choose one by name',
      run: ({ conversation }, args) => {
        const model = args.trim();
        if (model === '') {
          const current = conversations.model(conversation.id) ?? defaultModel;
          return {
            markdown: `I use **${escapeMarkdown(current)}**.\n\nTo change it: /haiku, /sonnet, /opus, or \`/model NAME\` with any name that Claude Code knows.`,
          };
        }
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
