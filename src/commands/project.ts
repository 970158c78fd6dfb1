import type { Button } from '../core/channel.ts';
import { escapeMarkdown } from '../core/format.ts';
import { nearest } from '../core/nearest.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Outbox } from '../outbox/append.ts';
import { OBJECTIONS, resolveFolder, type Bounds } from '../policy/folders.ts';
import { NO_PROJECT, type ProjectStore } from '../policy/projects.ts';
import type { Command, CommandReply } from './command.ts';
import type { PressAct, PressActs } from './press.ts';

/** The verb of the buttons below the list of projects; their argument is a name, or `none`. */
const PROJECT = 'project';

const ROW_LENGTH = 2;
/** A longer list is chosen from by typing. */
const MAX_BUTTONS = 30;

interface Parts {
  readonly conversations: ConversationStore;
  readonly projects: Pick<ProjectStore, 'list' | 'find'>;
  readonly bounds: Bounds;
  readonly outbox: Outbox;
  /** The folder where no project is chosen. */
  readonly defaultFolder: (conversation: Parameters<Outbox['edit']>[0]) => string;
}

/** `/project`: shows where the conversation works, and chooses another place. */
export function projectCommand(parts: Parts): Command {
  return {
    name: 'project',
    needs: 'choose',
    description: 'Show the projects, or choose where I work: a name, or “none”',
    run: ({ conversation }, args) => {
      const name = args.trim().toLowerCase();
      if (name === '') return listOf(parts, conversation);
      const markdown = chosen(parts, conversation, name);
      if (markdown === null) return { markdown: unknown(parts, name) };
      return { markdown, details: { chosen: name } };
    },
  };
}

/** What the buttons below the list do. */
export function projectPresses(parts: Parts): PressActs {
  const choose: PressAct = {
    needs: 'choose',
    act: (press, name) => {
      if (chosen(parts, press.conversation, name) === null) return null;
      const { markdown, buttons = [] } = listOf(parts, press.conversation);
      parts.outbox.edit(press.conversation, { messageId: press.messageId, markdown, buttons });
      return {
        word: name === NO_PROJECT ? 'No project.' : `Project ${name}.`,
        details: { project: name },
      };
    },
  };
  return new Map([[PROJECT, choose]]);
}

type Place = Parameters<Outbox['edit']>[0];

/** Chooses a project. @returns What there is to say of it; `null` where there is none of that name. */
function chosen(parts: Parts, conversation: Place, name: string): string | null {
  if (name === NO_PROJECT) {
    parts.conversations.chooseProject(conversation.id, null);
    return `From your next message on I work in \`${parts.defaultFolder(conversation)}\`.`;
  }
  const project = parts.projects.find(name);
  if (project === null) return null;
  parts.conversations.chooseProject(conversation.id, name);
  const folder = resolveFolder(project.path, parts.bounds);
  const where = folder.kind === 'ok' ? folder.path : project.path;
  const doubt =
    folder.kind === 'ok' ? '' : `\n\n⚠️ It ${OBJECTIONS[folder.kind]}, so nothing can run in it.`;
  return `From your next message on I work in **${escapeMarkdown(name)}**: \`${where}\`. What was said stays known.${doubt}`;
}

function listOf(parts: Parts, conversation: Place): CommandReply {
  const projects = parts.projects.list();
  const current = parts.conversations.project(conversation.id);
  const isKnown = current === null || projects.some(({ name }) => name === current);
  const lines = [
    ...projects.map(({ name, path }) => line(name, path, name === current)),
    line(NO_PROJECT, parts.defaultFolder(conversation), current === null),
  ];
  const gone = `⚠️ This conversation is in the project \`${current ?? ''}\`, which is no longer there. Choose another one.\n\n`;
  const how =
    projects.length === 0
      ? 'There is no project yet. On my machine, `claudio project add NAME PATH` adds one.'
      : 'To change it: a button, or `/project NAME`.';
  return {
    markdown: `${isKnown ? '' : gone}${lines.join('\n')}\n\n${how}`,
    buttons: projects.length === 0 && isKnown ? [] : buttonsOf(projects, current),
  };
}

function line(name: string, path: string, isCurrent: boolean): string {
  const shown = escapeMarkdown(name);
  return `${isCurrent ? `➡️ **${shown}**` : `• ${shown}`}: \`${path}\``;
}

function buttonsOf(
  projects: readonly { readonly name: string }[],
  current: string | null,
): readonly (readonly Button[])[] {
  const names = [...projects.slice(0, MAX_BUTTONS).map(({ name }) => name), NO_PROJECT];
  const buttons = names
    .filter((name) => name !== (current ?? NO_PROJECT))
    .map((name) => ({ label: name, data: `${PROJECT}:${name}` }));
  return Array.from({ length: Math.ceil(buttons.length / ROW_LENGTH) }, (_, row) =>
    buttons.slice(row * ROW_LENGTH, (row + 1) * ROW_LENGTH),
  );
}

function unknown({ projects }: Parts, name: string): string {
  const names = projects.list().map((project) => project.name);
  const meant = nearest(name, [...names, NO_PROJECT]);
  const shown = name.replaceAll(/[`\s]+/gu, ' ').slice(0, 32);
  return `There is no project \`${shown}\`.${meant === null ? '' : ` Did you mean \`/project ${meant}\`?`} /project lists them.`;
}
