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

/** Asks the model, and keeps a row of that. Throws what the database throws. */
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
    switch (outcome.kind) {
      case 'answered':
        budget.ended(callId, 'answered', costUsd);
        return { kind: 'answered', callId, text: outcome.text, costUsd };
      case 'failed':
        budget.ended(callId, outcome.failure.code, costUsd);
        return { kind: 'failed', failure: outcome.failure, detail: outcome.detail };
      case 'stopped':
        budget.ended(callId, 'stopped', costUsd);
        return { kind: 'stopped' };
    }
  };
}

async function outcomeOf(events: ReturnType<Agent['run']>): Promise<AgentOutcome> {
  for await (const event of events) if (event.type === 'completed') return event.outcome;
  throw new Error('the agent ended without an outcome');
}
