import type { Mode } from '../../core/mode.ts';
import { CHANGES_FILES, canChangeThings, isAskedAbout, READS_FILES, toolName } from './tools.ts';

/** Claude's own way to ask people: it is there only where somebody can be asked. */
const QUESTION_TOOL = 'AskUserQuestion';

/** What a run may do. */
export interface Wanted {
  /** What the agent has, unasked: names (`Read`), or a name with what it may be used for: `Bash(git log:*)`. */
  readonly tools: readonly string[];
  /** The only ones of them for this run; `null`: all. */
  readonly limit: readonly string[] | null;
  readonly mode: Mode;
  readonly deniedFiles: readonly string[];
  /** The only folders, absolute, that the tools for files may touch: the first is where it works; `null`: all. */
  readonly folders: readonly string[] | null;
  readonly toolServer: {
    readonly name: string;
    readonly approvalTool?: string;
    readonly isUnanswered?: boolean;
  } | null;
}

/** The same in words that Claude Code knows. */
export interface Permissions {
  /** The built-in tools that there are, by name. */
  readonly names: readonly string[];
  /** What may be used unasked. */
  readonly allowed: readonly string[];
  /** What the model does not get to see. */
  readonly disallowed: readonly string[];
  /**
   * Whether what the folder says of settings, hooks and servers counts for nothing, so that it cannot
   * allow what is to be asked about, or start a program of its own.
   */
  readonly isStrict: boolean;
  /** Whether the person's own servers are there. */
  readonly hasOtherServers: boolean;
  /** The content of a file of settings; `null`: none is needed. */
  readonly settings: object | null;
}

/**
 * Says what a run may do in words that Claude Code knows. A rule to ask goes before every rule to allow,
 * wherever that stands, and a rule to deny before both; but a hook can answer in a person's place, so
 * there are none where people decide. One thing stays: what the person's own settings allow, a limit on
 * a part of a tool (`Bash(git log:*)`) does not take away.
 *
 * What only reads is allowed in the folders of a run without a rule: a rule would allow it everywhere.
 *
 * Source: https://code.claude.com/docs/en/permissions; that `mcp__*` asks about the tools of all servers,
 * that sub-agents keep to all of it, that the tool which decides is hidden from the model but not from its
 * sub-agents, and that files of the working folder and of those added to it may be read without a word
 * and others may not, links followed, was seen in 2.1.329.
 */
export function permissionsOf({
  tools,
  limit,
  mode,
  deniedFiles,
  folders,
  toolServer,
}: Wanted): Permissions {
  const given = within(tools, limit).filter(
    (tool) => mode !== 'plan' || !canChangeThings(toolName(tool)),
  );
  const names = [...new Set(given.map(toolName))];
  const approvalTool = toolServer?.approvalTool;
  const isStrict = mode !== 'auto' || limit !== null || folders !== null;
  const asked = mode === 'ask' ? [...names.filter(isAskedAbout), 'mcp__*'] : [];
  const denied = deniedFiles.flatMap((pattern) => [`Read(${pattern})`, `Edit(${pattern})`]);
  const unasked = given.filter((tool) => mode !== 'ask' || !isAskedAbout(toolName(tool)));
  const inFolders =
    folders !== null && unasked.some((tool) => CHANGES_FILES.has(tool))
      ? folders.map((folder) => `Edit(/${literally(folder)}/**)`)
      : [];
  const settings = {
    ...(isStrict ? { disableAllHooks: true } : {}),
    // Else a sandbox of Claude Code's own would do for an answer.
    ...(mode === 'ask' ? { sandbox: { autoAllowBashIfSandboxed: false } } : {}),
    ...(asked.length + denied.length + inFolders.length === 0
      ? {}
      : {
          permissions: {
            ask: asked,
            deny: denied,
            ...(inFolders.length === 0 ? {} : { allow: inFolders }),
          },
        }),
  };
  return {
    names:
      approvalTool === undefined || toolServer?.isUnanswered === true
        ? names
        : [...names, QUESTION_TOOL],
    allowed: [
      ...unasked.filter(
        (tool) => folders === null || !(READS_FILES.has(tool) || CHANGES_FILES.has(tool)),
      ),
      ...(toolServer === null ? [] : [`mcp__${toolServer.name}__*`]),
    ],
    disallowed:
      toolServer === null || approvalTool === undefined
        ? []
        : [`mcp__${toolServer.name}__${approvalTool}`],
    isStrict,
    hasOtherServers:
      mode !== 'plan' && (limit === null ? folders === null : limit.some(isOfServer)),
    settings: Object.keys(settings).length === 0 ? null : settings,
  };
}

/** What both lists have. What is narrower in one of them stays as narrow. */
function within(tools: readonly string[], limit: readonly string[] | null): readonly string[] {
  if (limit === null) return tools;
  return limit.flatMap((entry) => {
    if (isOfServer(entry) || tools.includes(entry) || tools.includes(toolName(entry))) {
      return [entry];
    }
    return tools.filter((tool) => toolName(tool) === entry);
  });
}

/** A path in a pattern: what could mean something there stands for any one character. */
function literally(path: string): string {
  return path.replaceAll(/[^\w./ -]/gu, '?');
}

function isOfServer(tool: string): boolean {
  return tool.startsWith('mcp__');
}
