import type { FC } from 'hono/jsx';
import { Badge } from '../pages/words.tsx';
import { type StageName, STAGES, type Step, type Trace, type TraceState } from './trace.ts';

const BADGES: Readonly<Record<TraceState, 'ok' | 'warn' | 'bad' | 'busy'>> = {
  sent: 'busy',
  taken: 'ok',
  queued: 'busy',
  running: 'busy',
  answering: 'busy',
  answered: 'ok',
  failed: 'bad',
  interrupted: 'warn',
  cancelled: 'warn',
  ignored: 'warn',
};

/** Where a message is as long as it is on its way. */
const AT: Readonly<Partial<Record<TraceState, StageName>>> = {
  sent: 'webhook',
  queued: 'turns',
  running: 'agent',
  answering: 'channel',
};

const REACHES = { done: 'passed', now: 'here now', none: 'not reached' } as const;

/** The way of a message: the six stages, and the steps below them. */
export const Way: FC<{ readonly trace: Trace; readonly isNewest: boolean }> = ({
  trace,
  isNewest,
}) => {
  const { messageId, text, state, steps } = trace;
  const stages = STAGES.map((stage) => ({ stage, reach: reachOf(trace, stage) }));
  return (
    <li id={`way${messageId}`} class="card way">
      <p class="row">
        <a href={`#m${messageId}`} dir="auto">
          {text}
        </a>{' '}
        <Badge kind={BADGES[state]}>{state}</Badge>
      </p>
      <ol class="stages">
        {stages.map(({ stage, reach }) => (
          <li class={reach}>
            {stage}
            <span class="visually-hidden">: {REACHES[reach]}</span>
          </li>
        ))}
      </ol>
      {isNewest ? (
        <Steps steps={steps} />
      ) : (
        <details data-key={`steps${messageId}`}>
          <summary>
            {steps.length} {steps.length === 1 ? 'step' : 'steps'}
            <span class="visually-hidden"> of “{text}”</span>
          </summary>
          <Steps steps={steps} />
        </details>
      )}
    </li>
  );
};

const Steps: FC<{ readonly steps: readonly Step[] }> = ({ steps }) => (
  <ol class="steps">
    {steps.map(({ stage, what, row, sinceMs }) => (
      <li>
        <span class="number">{sinceMs} ms</span> <span class="at">{stage}</span>{' '}
        <span>
          {what}
          {row === null ? null : <code>{row}</code>}
        </span>
      </li>
    ))}
  </ol>
);

function reachOf({ state, steps }: Trace, stage: StageName): keyof typeof REACHES {
  if (AT[state] === stage) return 'now';
  return steps.some((step) => step.stage === stage) ? 'done' : 'none';
}
