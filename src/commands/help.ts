import { nearest } from '../core/nearest.ts';
import type { Access } from '../policy/access.ts';
import { type Command, mayUse } from './command.ts';

/** `/start` and `/help`, which lists what the one who asks may use. */
export function helpCommands(
  all: () => readonly Command[],
  access: Pick<Access, 'may' | 'roleOf'>,
): readonly Command[] {
  return [
    {
      name: 'start',
      needs: 'look' as const,
      description: 'What this bot does',
      run: () => ({
        markdown: [
          '👋 This is Claude Code on your machine.',
          'Send a message, a photo, a file or a voice message, and Claude works on it there, with its tools. Send several and they are answered one after another. /stop stops, /help lists what else there is.',
        ].join('\n\n'),
      }),
    },
    {
      name: 'help',
      needs: 'look' as const,
      description: 'What you can send',
      run: (message) => {
        const usable = all().filter((command) => mayUse(access, message, command));
        return {
          markdown: `Send a message, a photo, a file or a voice message. Reply to what was said, edit what you sent, react with 👎 to get another try. Or send one of these:\n\n${commandList(usable)}`,
        };
      },
    },
  ];
}

/** What is answered to a command that is not there. */
export function unknownCommand(name: string, all: readonly Command[]): string {
  const suggestion = nearest(
    name,
    all.map((command) => command.name),
  );
  const guess = suggestion === null ? '' : ` Did you mean /${suggestion}?`;
  return `There is no such command.${guess}\n\n${commandList(all)}`;
}

function commandList(commands: readonly Command[]): string {
  return commands.map(({ name, description }) => `/${name} – ${description}`).join('\n');
}
