import type { ConversationStore } from '../inbox/conversations.ts';
import type { Overheard } from '../inbox/overheard.ts';
import type { Command } from './command.ts';

const HOW_TO_SEE =
  'Telegram shows me what is not for me only when my privacy mode is off (send /setprivacy to @BotFather, then take me out of the group and add me again) or when I am an administrator here.';

/**
 * `/listen on` and `/listen off`: whether what people in a group say to each other is kept, for Claude to
 * know what they talk about. What was kept is forgotten with the end of it.
 */
export function listenCommand(
  conversations: Pick<ConversationStore, 'listens' | 'chooseListening'>,
  overheard: Pick<Overheard, 'forget'>,
): Command {
  return {
    name: 'listen',
    needs: 'administer',
    description: 'In a group: whether I follow what people say to each other, on or off',
    run: ({ conversation: { id, thread }, isPrivate }, args) => {
      if (isPrivate) {
        return { markdown: 'Here all that you write is for me. /listen is for groups.' };
      }
      const here = thread === null ? 'here' : 'in this topic';
      switch (args.trim().toLowerCase()) {
        case 'on':
          conversations.chooseListening(id, true);
          return {
            markdown: `👂 From now on I follow what is said ${here}, by everybody, and Claude reads the latest of it as background. I still answer only those who may ask me, and only when I am mentioned, replied to or given a command.\n\n${HOW_TO_SEE}\n\nTo end it and have me forget what I heard: \`/listen off\`.`,
            details: { chosen: 'on' },
          };
        case 'off':
          overheard.forget(id);
          return {
            markdown: `I follow only what is for me ${here}, and forgot what I had overheard.`,
            details: { chosen: 'off' },
          };
        case '':
          return conversations.listens(id)
            ? { markdown: `👂 I follow what is said ${here}. To end it: \`/listen off\`.` }
            : {
                markdown: `I follow only what is for me ${here}. To have me follow all of it: \`/listen on\`.\n\n${HOW_TO_SEE}`,
              };
        default:
          return { markdown: 'Send `/listen on` or `/listen off`.' };
      }
    },
  };
}
