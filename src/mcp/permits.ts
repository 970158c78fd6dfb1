import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isWithin } from '../policy/folders.ts';
import { realPlace } from '../turns/approval-place.ts';

const command = z.looseObject({ command: z.string() });

/** `Bash(git log:*)`, `Bash(git log *)`, `Bash(git log)` */
const OF_BASH = /^Bash\((?<words>[^]*?)(?<isPrefix>:\*| \*)?\)$/u;

/** What makes one command of a shell more than that one command. */
const MORE_THAN_WORDS = /[\p{Cc};&|<>$`(){}\\]/u;

/**
 * Whether a list of tools has a use of one at all, so that a person may be asked about it: what is not
 * there, nobody can allow. Of a tool that is there in part, only the commands of Bash are told apart, and
 * only plain ones; the rest counts as not there.
 *
 * @param list `Bash`, `Bash(git log:*)`, `mcp__server__tool`, `mcp__server__*`.
 */
export function isListed(list: readonly string[], tool: string, input: unknown): boolean {
  return list.some((entry) => {
    if (entry === tool) return true;
    if (entry.startsWith('mcp__')) return isOfServer(entry, tool);
    const part = OF_BASH.exec(entry)?.groups;
    const { data } = command.safeParse(input);
    if (tool !== 'Bash' || part === undefined || data === undefined) return false;
    const { words = '', isPrefix } = part;
    const given = data.command.trim();
    if (words === '' || MORE_THAN_WORDS.test(given)) return false;
    return given === words || (isPrefix !== undefined && given.startsWith(`${words} `));
  });
}

/** `mcp__server` and `mcp__server__*` stand for all of its tools. */
function isOfServer(entry: string, tool: string): boolean {
  const all = entry.endsWith('__*') ? entry.slice(0, -1) : `${entry}__`;
  return tool.startsWith(all);
}

/** What reads files: within its folders it is not asked about at all. */
const READING: ReadonlySet<string> = new Set(['Read', 'Glob', 'Grep', 'LS']);
const placed = z.looseObject({
  file_path: z.string().optional(),
  notebook_path: z.string().optional(),
});

/**
 * Whether a tool for files would leave these folders.
 *
 * @param folders Absolute, with links resolved.
 * @throws what the file system throws.
 */
export async function isOutside(
  tool: string,
  input: unknown,
  folders: readonly string[],
): Promise<boolean> {
  if (READING.has(tool)) return true;
  const { data } = placed.safeParse(input);
  const path = data?.file_path ?? data?.notebook_path;
  if (path === undefined || tool.startsWith('mcp__')) return false;
  if (!isAbsolute(path)) return true;
  const real = await realPlace(path);
  return !folders.some((folder) => isWithin(real, folder));
}
