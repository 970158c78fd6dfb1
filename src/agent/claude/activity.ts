import { basename, isAbsolute, relative } from 'node:path';
import { excerpt } from '../../core/format.ts';
import type { StreamToolUse } from './stream.ts';
import { OWN_TOOL_PREFIX } from './tools.ts';

/** The longest summary, in UTF-16 units. */
export const MAX_SUMMARY_CHARS = 200;

/**
 * Puts a use of a tool into one short line of words: `Running npm test`, `Editing src/auth.py`.
 *
 * @param workDir Absolute; paths below it are shown relative to it.
 * @returns One line of 1 to 200 characters.
 */
export function describeToolUse(use: StreamToolUse, workDir: string): string {
  return excerpt(describe(use, workDir).replaceAll(/\p{Cc}/gu, ' '), MAX_SUMMARY_CHARS);
}

function describe({ name, input }: StreamToolUse, workDir: string): string {
  const word = (key: string): string => {
    const value = input[key];
    return typeof value === 'string' ? value : '';
  };
  const path = (key: string): string => shortPath(word(key), workDir);
  switch (name) {
    case 'Bash':
      return `Running ${word('command') || 'a command'}`;
    case 'Read':
      return `Reading ${path('file_path') || 'a file'}`;
    case 'Write':
      return `Writing ${path('file_path') || 'a file'}`;
    case 'Edit':
    case 'MultiEdit':
      return `Editing ${path('file_path') || 'a file'}`;
    case 'NotebookEdit':
      return `Editing ${path('notebook_path') || 'a notebook'}`;
    case 'Glob':
      return `Looking for files ${word('pattern')}`;
    case 'Grep':
      return `Searching for ${word('pattern')}`;
    case 'WebFetch':
      return `Fetching ${hostOf(word('url'))}`;
    case 'WebSearch':
      return `Searching the web for ${word('query')}`;
    // `Task` is what the command line calls the tool that the model knows as `Agent`.
    case 'Task':
    case 'Agent':
      return `Delegating: ${word('description') || 'a part of the work'}`;
    case 'TaskOutput':
      return 'Waiting for a delegated part';
    case 'TaskStop':
      return 'Stopping a delegated part';
    case 'TodoWrite':
      return 'Updating the plan';
    case `${OWN_TOOL_PREFIX}send_message`:
      return 'Sending a message';
    case `${OWN_TOOL_PREFIX}send_file`:
      return `Sending ${fileNames(input['paths']) || 'a file'}`;
    case `${OWN_TOOL_PREFIX}send_photo`:
      return isSeveral(input['paths']) ? 'Sending pictures' : 'Sending a picture';
    case `${OWN_TOOL_PREFIX}ask_user`:
      return `Asking: ${word('question') || 'a question'}`;
    case 'AskUserQuestion':
      return 'Asking a question';
    case `${OWN_TOOL_PREFIX}schedule_restart`:
      return 'Scheduling a restart';
    case `${OWN_TOOL_PREFIX}search_history`:
      return `Looking through the history for ${word('query') || 'something'}`;
    // Not what: it would stay written here after it was forgotten.
    case `${OWN_TOOL_PREFIX}remember`:
      return 'Remembering something';
    case `${OWN_TOOL_PREFIX}recall`:
      return `Recalling ${word('query') || 'something'}`;
    case `${OWN_TOOL_PREFIX}forget`:
      return 'Asking what to forget';
    default:
      return `Using ${toolTitle(name)}`;
  }
}

function shortPath(path: string, workDir: string): string {
  if (!isAbsolute(path)) return path;
  const below = relative(workDir, path);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
}

function isSeveral(paths: unknown): paths is readonly unknown[] {
  return Array.isArray(paths) && paths.length > 1;
}

/** `report.pdf`, `report.pdf and 2 more`; empty where there is no name. */
function fileNames(paths: unknown): string {
  const first: unknown = Array.isArray(paths) ? paths[0] : undefined;
  if (typeof first !== 'string') return '';
  return isSeveral(paths) ? `${basename(first)} and ${paths.length - 1} more` : basename(first);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url || 'a page';
}

/** `mcp__server__tool` is how the tools of MCP servers are called. */
function toolTitle(name: string): string {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  return server === undefined || tool === undefined ? name || 'a tool' : `${tool} (${server})`;
}
