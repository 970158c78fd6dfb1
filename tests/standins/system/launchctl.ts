import { existsSync, readFileSync } from 'node:fs';
import { Refusal, runStandin, type Place } from './place.ts';
import { parsePlist } from './plist.ts';
import { processState, startProcess, stopProcess, trySignal } from './processes.ts';

/** An agent as its property list has it; checked by hand, since a stand-in has to be quick. */
interface Agent {
  readonly Label: string;
  readonly ProgramArguments: readonly string[];
  readonly WorkingDirectory?: string;
  readonly EnvironmentVariables?: Readonly<Record<string, string>>;
  readonly RunAtLoad?: boolean;
  readonly KeepAlive?: boolean | { readonly SuccessfulExit: boolean };
  readonly StandardErrorPath?: string;
  readonly ThrottleInterval?: number;
  readonly Umask?: number;
}

/** For so many calls more an agent is still there after it was booted out. */
const LEAVING_CALLS = 2;

/** The agents that are loaded, by label. */
type Loaded = Readonly<
  Record<
    string,
    {
      readonly agent: Agent;
      readonly path: string;
      /** Whether one that is not really run counts as running. */
      readonly isOn: boolean;
      readonly leavesAfter?: number;
    }
  >
>;

await runStandin('launchctl', async (place, argv) => {
  const [verb = '', ...rest] = argv;
  const flags = rest.filter((word) => word.startsWith('-'));
  const words = rest.filter((word) => !word.startsWith('-'));
  const loaded = withoutThoseGone(place);
  const target = words.find((word) => word.startsWith('gui/')) ?? '';
  const [, userId, label = ''] = target.split('/');
  if (userId !== String(process.getuid?.() ?? 0) || place.settings.gui === 'missing') {
    throw new Refusal(125, `${title(verb)} failed: 125: Domain does not support specified action`);
  }
  const found = loaded[label];
  const unknown = `Could not find service "${label}" in domain for user gui: ${userId}`;
  switch (verb) {
    case 'bootstrap': {
      const path = words[1] ?? '';
      const agent = existsSync(path) ? readAgent(path) : null;
      // Also while one of that label is on its way out.
      if (agent === null || agent.Label in loaded) {
        throw new Refusal(
          5,
          'Bootstrap failed: 5: Input/output error\nTry re-running the command as root for richer errors.',
        );
      }
      place.write('launchd.json', {
        ...loaded,
        [agent.Label]: { agent, path, isOn: agent.RunAtLoad ?? false },
      });
      if (place.settings.runs && agent.RunAtLoad === true) await run(place, agent);
      return;
    }
    case 'bootout': {
      if (found === undefined) throw new Refusal(3, 'Boot-out failed: 3: No such process');
      // As the real one: it sends TERM and is back long before the agent is gone.
      const pid = processState(place, label)?.pid ?? null;
      place.write(`processes/${label}.stop`, true);
      if (pid !== null) trySignal(pid, 'SIGTERM');
      place.write('launchd.json', { ...loaded, [label]: { ...found, leavesAfter: LEAVING_CALLS } });
      return;
    }
    case 'kickstart': {
      if (found === undefined) throw new Refusal(113, unknown);
      if (flags.includes('-k')) await stopProcess(place, label, 0, 'SIGKILL');
      place.write('launchd.json', { ...loaded, [label]: { ...found, isOn: true } });
      const state = processState(place, label);
      if (place.settings.runs && (state === null || state.pid === null))
        await run(place, found.agent);
      return;
    }
    case 'kill': {
      if (found === undefined) throw new Refusal(113, unknown);
      const signal = words[0] ?? '';
      if (signal !== 'SIGTERM') throw new Refusal(64, `Unrecognized signal: ${signal}`);
      const pid = place.settings.runs ? (processState(place, label)?.pid ?? null) : null;
      if (place.settings.runs && pid === null) throw new Refusal(3, 'No process to signal.');
      if (pid !== null) trySignal(pid, signal);
      place.write('launchd.json', { ...loaded, [label]: { ...found, isOn: false } });
      return;
    }
    case 'print': {
      if (found === undefined) throw new Refusal(113, `Bad request.\n${unknown}`);
      const state = place.settings.runs ? processState(place, label) : null;
      const isRunning = place.settings.runs ? state?.active === 'active' : found.isOn;
      process.stdout.write(
        [
          `${target} = {`,
          `\tactive count = ${isRunning ? 1 : 0}`,
          `\tpath = ${found.path}`,
          '\ttype = LaunchAgent',
          `\tstate = ${isRunning ? 'running' : 'not running'}`,
          ...(isRunning ? [`\tpid = ${state?.pid ?? 4242}`] : []),
          `\tlast exit code = ${state?.exitCode ?? '(never exited)'}`,
          '}',
          '',
        ].join('\n'),
      );
      return;
    }
    case 'enable':
    case 'disable':
      return;
    default:
      throw new Refusal(64, `Unrecognized subcommand: ${verb}`);
  }
});

/** Agents that were booted out go when their process has ended, and some calls after that. */
function withoutThoseGone(place: Place): Loaded {
  const before = place.read<Loaded>('launchd.json', {});
  const after: Loaded = Object.fromEntries(
    Object.entries(before).flatMap(([label, entry]) => {
      if (entry.leavesAfter === undefined) return [[label, entry]];
      if (place.settings.runs && (processState(place, label)?.pid ?? null) !== null) {
        return [[label, entry]];
      }
      return entry.leavesAfter === 0
        ? []
        : [[label, { ...entry, leavesAfter: entry.leavesAfter - 1 }]];
    }),
  );
  place.write('launchd.json', after);
  return after;
}

function title(verb: string): string {
  return verb === 'bootout' ? 'Boot-out' : `${verb.slice(0, 1).toUpperCase()}${verb.slice(1)}`;
}

function readAgent(path: string): Agent | null {
  try {
    const agent = parsePlist(readFileSync(path, 'utf8'));
    return isAgent(agent) ? agent : null;
  } catch {
    // launchd says no more of it than of an agent that is there already.
    return null;
  }
}

function isAgent(value: unknown): value is Agent {
  if (typeof value !== 'object' || value === null) return false;
  const { Label, ProgramArguments } = value as Partial<Record<keyof Agent, unknown>>;
  return (
    typeof Label === 'string' &&
    Array.isArray(ProgramArguments) &&
    ProgramArguments.length > 0 &&
    ProgramArguments.every((word) => typeof word === 'string')
  );
}

async function run(place: Place, agent: Agent): Promise<void> {
  await startProcess(place, {
    name: agent.Label,
    argv: agent.ProgramArguments,
    env: {
      HOME: place.userHome,
      USER: process.env['USER'] ?? '',
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      ...place.settings.environment,
      ...agent.EnvironmentVariables,
    },
    cwd: agent.WorkingDirectory ?? '/',
    umask: agent.Umask ?? null,
    stderrPath: agent.StandardErrorPath ?? null,
    restarts: place.settings.restarts ? restartsOf(agent) : 'never',
    restartDelayMs: (agent.ThrottleInterval ?? 10) * 1000,
    finalCodes: [],
  });
}

function restartsOf({ KeepAlive }: Agent): 'always' | 'on-failure' | 'never' {
  if (KeepAlive === true) return 'always';
  return typeof KeepAlive === 'object' && !KeepAlive.SuccessfulExit ? 'on-failure' : 'never';
}
