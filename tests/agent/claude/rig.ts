import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Agent, AgentEvent, AgentOutcome, AgentRequest } from '../../../src/core/agent.ts';
import { DEFAULT_TOOLS } from '../../../src/agent/claude/tools.ts';
import { createClaudeAgent, type ClaudeAgentOptions } from '../../../src/agent/claude/agent.ts';
import { CLAUDE_PATH, emptyEnvironment } from '../../environment.ts';
import { startModel, type ModelStandin } from '../../standins/model/model.ts';

/** The real program, a model that does as it is told, and a home of their own. */
export interface Rig {
  readonly agent: Agent;
  readonly model: ModelStandin;
  /** A temporary folder: the home and the working folder. */
  readonly home: string;
  /** Another agent over the same model and home. */
  agentWith(options: Partial<ClaudeAgentOptions>): Agent;
  request(over?: Partial<AgentRequest>): AgentRequest;
  close(): Promise<void>;
}

let count = 0;

export async function openRig(options: Partial<ClaudeAgentOptions> = {}): Promise<Rig> {
  const model = await startModel();
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'claudio-agent-')));
  const agents: Agent[] = [];
  const agentWith = (over: Partial<ClaudeAgentOptions>): Agent => {
    const agent = createClaudeAgent({
      programPath: CLAUDE_PATH,
      env: emptyEnvironment({ home, baseUrl: model.url }),
      idleLimitMs: 60_000,
      tempDir: home,
      tools: DEFAULT_TOOLS,
      log: SILENT_LOG,
      extraEnvironment: { CLAUDE_CODE_MAX_RETRIES: '0' },
      ...options,
      ...over,
    });
    agents.push(agent);
    return agent;
  };
  return {
    agent: agentWith({}),
    model,
    home,
    agentWith,
    request(over = {}) {
      count += 1;
      return {
        marker: `test-${process.pid}-${count}`,
        prompt: 'Message: hello',
        systemPrompt: '',
        model: 'sonnet',
        workDir: home,
        readableDirs: [],
        toolServer: null,
        isWaitingForPerson: () => false,
        ...over,
      };
    },
    async close() {
      await Promise.all(agents.map((agent) => agent.settled()));
      await model.close();
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

export const SILENT_LOG: ClaudeAgentOptions['log'] = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  child: () => SILENT_LOG,
};

/** Where the small programs are that end in ways that the real one cannot be made to. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/claude/${name}`, import.meta.url));
}

const NEVER = new AbortController().signal;

/** All events of a run. */
export async function eventsOf(
  agent: Agent,
  request: AgentRequest,
  signal: AbortSignal = NEVER,
): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of agent.run(request, signal)) events.push(event);
  return events;
}

/** What an event tells: `started`, `tool-began`, `text`. */
export function kindOf(event: AgentEvent): string {
  return event.type === 'progress' ? event.progress.kind : event.type;
}

/** How a run ended. */
export async function outcomeOf(
  agent: Agent,
  request: AgentRequest,
  signal: AbortSignal = NEVER,
): Promise<AgentOutcome> {
  const last = (await eventsOf(agent, request, signal)).at(-1);
  if (last?.type !== 'completed') throw new Error('a run ends with completed');
  return last.outcome;
}

/** The failure of a run that has to fail. */
export async function failureOf(agent: Agent, request: AgentRequest): Promise<object> {
  const outcome = await outcomeOf(agent, request);
  if (outcome.kind !== 'failed') throw new Error(`did not fail: ${JSON.stringify(outcome)}`);
  return outcome.failure;
}

/** Command lines of living processes that hold a text: asked of ps, not of the code under test. */
export function aliveWith(text: string): string[] {
  return execFileSync('ps', ['-axww', '-o', 'stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text) && !line.startsWith('Z'));
}

/** A number of seconds to sleep that no other process sleeps: a name tag for {@link aliveWith}. */
export function sleepTag(): string {
  count += 1;
  return `3${process.pid}${String(count).padStart(3, '0')}`;
}
