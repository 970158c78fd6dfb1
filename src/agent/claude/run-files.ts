import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolServer } from '../../core/agent.ts';

/** Where the files are that a run is given, and how to take them away again. */
export interface RunFiles {
  /** Absolute; `null` where there is nothing to add to the system prompt. */
  readonly systemPromptPath: string | null;
  /** Absolute; `null` where no tools are offered. */
  readonly toolServerPath: string | null;
  /** Absolute; `null` where nothing is set. */
  readonly settingsPath: string | null;
  readonly remove: () => Promise<void>;
}

const NOTHING_PLACED: RunFiles = {
  systemPromptPath: null,
  toolServerPath: null,
  settingsPath: null,
  remove: () => Promise.resolve(),
};

/**
 * The most that Claude Code waits for one call of a tool: the longest that its timers can run, almost 25
 * days. It caps the wait for the first byte, for the next event and for the whole call, and holds for
 * this server alone. Unset, the waits of 2.1.329 are 1 min, 5 min and 28 h.
 */
const TOOL_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Puts what a run is given into a folder of its own that only this user can read: what stands in an
 * argument, every user of the machine can.
 *
 * @param marker Of the run: {@link removeRunFiles} finds the folder by it.
 * @throws what the file system throws.
 */
export async function placeRunFiles(
  given: {
    readonly systemPrompt: string;
    readonly toolServer: ToolServer | null;
    /** What goes before the person's own settings. */
    readonly settings?: object | null;
  },
  marker: string,
  tempDir: string,
): Promise<RunFiles> {
  const hasPrompt = given.systemPrompt.trim() !== '';
  const { toolServer, settings = null } = given;
  if (!hasPrompt && toolServer === null && settings === null) {
    return NOTHING_PLACED;
  }
  const folder = await mkdtemp(join(tempDir, `${folderPrefix(marker)}-`));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const place = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  try {
    return {
      systemPromptPath: hasPrompt ? await place('system-prompt.md', given.systemPrompt) : null,
      toolServerPath: toolServer === null ? null : await place('tools.json', mcpConfig(toolServer)),
      settingsPath:
        settings === null ? null : await place('settings.json', JSON.stringify(settings)),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Removes what runs left behind whose marker starts with one of the prefixes. */
export async function removeRunFiles(prefixes: readonly string[], tempDir: string): Promise<void> {
  const names = await readdir(tempDir);
  const left = names.filter((name) =>
    prefixes.some((prefix) => name.startsWith(folderPrefix(prefix))),
  );
  await Promise.all(left.map((name) => rm(join(tempDir, name), { recursive: true, force: true })));
}

/** A marker may hold what a file's name may not. */
function folderPrefix(marker: string): string {
  return `claudio-run-${encodeURIComponent(marker)}`;
}

/** `alwaysLoad`: tools that hide behind a search are ones that the model forgets. */
function mcpConfig({ name, url, token }: ToolServer): string {
  const server = {
    type: 'http',
    url,
    headers: { Authorization: `Bearer ${token}` },
    alwaysLoad: true,
    timeout: TOOL_TIMEOUT_MS,
  };
  return JSON.stringify({ mcpServers: { [name]: server } });
}
