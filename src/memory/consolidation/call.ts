import type { Agent, AgentFailure, AgentOutcome } from '../../core/agent.ts';
import type { Budget, CallPurpose } from './budget.ts';

/** What the model is asked. */
export interface Question {
  readonly purpose: CallPurpose;
  readonly scope: string;
  readonly systemPrompt: string;
  readonly prompt: string;
}

/** What a call came to. */
export type CallOutcome =
  | {
      readonly kind: 'answered';
      readonly callId: number;
      readonly text: string;
      readonly costUsd: number;
    }
  | {
      readonly kind: 'failed';
      readonly failure: AgentFailure;
      readonly detail: string;
    }
  | { readonly kind: 'stopped' };

/**
 * Asks the model, and keeps a row of that. Throws what the database throws.
 *
 * JSON is asked for in the prompt and looked for in the answer, not by an option of the program: the port
 * stays free of it, an older program or another one does too, and the answer is to be checked anyway.
 */
export type Ask = (question: Question, signal: AbortSignal) => Promise<CallOutcome>;

export function createAsk(parts: {
  readonly agent: Agent;
  readonly budget: Budget;
  readonly bootId: string;
  readonly model: string;
  readonly workDir: string;
}): Ask {
  const { agent, budget } = parts;
  return async ({ purpose, scope, systemPrompt, prompt }, signal) => {
    const callId = budget.began(purpose, scope);
    const request = {
      marker: `${parts.bootId}.memory.${callId}`,
      prompt,
      systemPrompt,
      model: parts.model,
      workDir: parts.workDir,
      readableDirs: [],
      toolServer: null,
      isWaitingForPerson: () => false,
    };
    const outcome = await outcomeOf(agent.run(request, signal));
    const { costUsd } = outcome.usage;
    const knownUsd = costUsd > 0 || isFree(outcome) ? costUsd : null;
    switch (outcome.kind) {
      case 'answered':
        budget.ended(callId, 'answered', knownUsd);
        return { kind: 'answered', callId, text: outcome.text, costUsd };
      case 'failed':
        budget.ended(callId, outcome.failure.code, knownUsd);
        return { kind: 'failed', failure: outcome.failure, detail: outcome.detail };
      case 'stopped':
        budget.ended(callId, 'stopped', knownUsd);
        return { kind: 'stopped' };
    }
  };
}

/** Whether a run that says that it cost nothing did: one that was cut off had no time to say what it cost. */
function isFree(outcome: AgentOutcome): boolean {
  if (outcome.kind !== 'failed') return false;
  const { code } = outcome.failure;
  return code !== 'killed' && code !== 'idle' && code !== 'no-answer';
}

async function outcomeOf(events: ReturnType<Agent['run']>): Promise<AgentOutcome> {
  for await (const event of events) if (event.type === 'completed') return event.outcome;
  throw new Error('the agent ended without an outcome');
}
