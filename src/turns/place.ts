import { join } from 'node:path';
import type { Bots } from '../core/bot.ts';
import type { Conversation } from '../core/conversation.ts';
import { type Mode, stricter } from '../core/mode.ts';
import { nearest } from '../core/nearest.ts';
import { type Role, SHELL_PERSON } from '../core/role.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Modes } from '../inbox/modes.ts';
import type { Access } from '../policy/access.ts';
import { deniedFiles } from '../policy/denied-files.ts';
import {
  isWithin,
  OBJECTIONS,
  realFolder,
  realPath,
  resolveFolder,
  type Bounds,
} from '../policy/folders.ts';
import type { Policy } from '../policy/policy-file.ts';
import type { ProjectStore } from '../policy/projects.ts';
import { toolsInCommon, toolsOf } from '../policy/tools.ts';
import { turnFolderPath } from './folder.ts';
import type { StoredTurn } from './records.ts';

/** Where a turn works, and what Claude may do in it. */
export interface TurnPlace {
  /** Of the person who asked. */
  readonly role: Role;
  /** The name of the project; `null`: the folder that is configured. */
  readonly project: string | null;
  /** Absolute, with links resolved, and within what may be worked in. */
  readonly workDir: string;
  /** Absolute, as above: further folders that may be read and written. */
  readonly folders: readonly string[];
  /** Whether the tools for files keep to these folders, because the role has only those. */
  readonly isConfined: boolean;
  readonly mode: Mode;
  /** The only tools that Claude gets, of those that there are; `null`: all of them. */
  readonly tools: readonly string[] | null;
  /** See {@link AgentRequest.deniedFiles}. */
  readonly deniedFiles: readonly string[];
  /** What the person wrote for Claude to know. Absolute; they need not be there. */
  readonly instructionsPaths: readonly string[];
  readonly maxHistoryCount: number;
}

/** A turn gets its place, or cannot be run at all: `sentence` says why, in Markdown. */
export type Placed =
  | { readonly kind: 'placed'; readonly place: TurnPlace }
  | { readonly kind: 'refused'; readonly sentence: string };

/** Finds the place of a turn, anew each time: roles, projects and files may have changed since it was asked. */
export type Places = (turn: StoredTurn, conversation: Conversation) => Placed;

export function createPlaces(parts: {
  readonly home: string;
  readonly userHome: string;
  readonly bots: Bots;
  readonly access: Access;
  readonly conversations: ConversationStore;
  readonly projects: Pick<ProjectStore, 'find' | 'list'>;
  /** What may be worked in. */
  readonly bounds: Bounds;
  readonly policy: { current(): Pick<Policy, 'roles' | 'deniedFiles'> };
  readonly modes: Pick<Modes, 'of'>;
  /** Whether all that Claude runs sees no more than its folders. */
  readonly isSandboxed: boolean;
  readonly log: { warn(fields: object, message: string): void };
}): Places {
  const { bounds, projects, log } = parts;

  /** What is configured may always be worked in; where it is not there, the agent says so. */
  const workDirOf = (project: string | null, configured: string): string | { sentence: string } => {
    if (project === null) {
      const real = realFolder(configured);
      return real.kind === 'ok' ? real.path : configured;
    }
    const found = projects.find(project);
    if (found === null) return { sentence: unknownProject(project, projects.list()) };
    const folder = resolveFolder(found.path, bounds);
    if (folder.kind === 'ok') return folder.path;
    log.warn({ project, reason: folder.kind }, 'turn.project-refused');
    return {
      sentence: `The folder of the project \`${project}\` ${OBJECTIONS[folder.kind]}, so nothing was run. Another one can be chosen with /project.`,
    };
  };

  const foldersOf = (role: Role, given: readonly string[]): readonly string[] =>
    given.flatMap((path) => {
      const folder = resolveFolder(path, bounds);
      if (folder.kind === 'ok') return [folder.path];
      log.warn({ role, folder: path, reason: folder.kind }, 'turn.folder-left-out');
      return [];
    });

  /** From before, nobody knows who asked: that is no reason to let them do everything. */
  const roleFor = (personId: string | null, conversation: Conversation): Role | null => {
    if (personId === null) return 'member';
    if (personId === SHELL_PERSON) return 'owner';
    return parts.access.roleOf({ id: personId }, conversation);
  };

  const turnFolderOf = ({ id, attemptCount }: StoredTurn): string =>
    turnFolderPath(join(realPath(parts.home), 'tmp'), { turnId: id, attempt: attemptCount });

  return (turn, conversation) => {
    const bot = parts.bots.of(conversation);
    if (bot === null) return { kind: 'refused', sentence: 'This bot is no longer set up.' };
    const role = roleFor(turn.personId, conversation);
    if (role === null) {
      return {
        kind: 'refused',
        sentence: 'I do not answer this: whoever asked may not use me any more.',
      };
    }
    const policy = parts.policy.current();
    const forRole = policy.roles[role];
    const project = turn.project ?? parts.conversations.project(conversation.id);
    const workDir = workDirOf(project, bot.workDir);
    if (typeof workDir !== 'string') return { kind: 'refused', ...workDir };
    const folders = foldersOf(role, forRole?.folders ?? []);
    if (forRole?.folders !== undefined && !folders.some((folder) => isWithin(workDir, folder))) {
      return { kind: 'refused', sentence: elsewhere(role) };
    }
    const chosen = turn.mode ?? parts.modes.of(conversation);
    return {
      kind: 'placed',
      place: {
        role,
        project,
        workDir,
        folders: folders.filter((folder) => folder !== workDir),
        isConfined: role === 'viewer' || forRole?.folders !== undefined,
        mode: role === 'viewer' ? stricter(chosen, 'plan') : chosen,
        tools: toolsInCommon(toolsOf(role, forRole, parts.isSandboxed), turn.tools),
        deniedFiles: deniedFiles({
          home: parts.home,
          userHome: parts.userHome,
          open: [turnFolderOf(turn), workDir],
          added: policy.deniedFiles,
        }),
        instructionsPaths: [join(parts.home, 'CLAUDE.md'), bot.instructionsPath],
        maxHistoryCount: bot.maxHistoryCount,
      },
    };
  };
}

function unknownProject(name: string, known: readonly { readonly name: string }[]): string {
  const meant = nearest(
    name,
    known.map((project) => project.name),
  );
  return `There is no project \`${name}\`, so nothing was run.${meant === null ? '' : ` Did you mean \`${meant}\`?`} /project shows those that there are.`;
}

function elsewhere(role: Role): string {
  return `As a ${role} you may not work in the folder of this conversation, so nothing was run. Its owner decides which folders that is: \`policy.json\`, or /project.`;
}
