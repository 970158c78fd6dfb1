import type { FC } from 'hono/jsx';
import { WithCode } from '../pages/with-code.tsx';
import { Badge, Empty } from '../pages/words.tsx';
import type { Part } from './chat-part.ts';
import type { StageFault } from './faults.ts';
import type { LogLine, ServiceState, Stage } from './stage.ts';
import { Way } from './panel-way.tsx';
import type { Trace } from './trace.ts';

/** So many ways are shown. */
export const WAY_COUNT = 12;
const LINE_COUNT = 30;
const FIELDS_LENGTH = 300;

const STATES = {
  running: { kind: 'ok', words: 'running' },
  starting: { kind: 'busy', words: 'starting' },
  down: { kind: 'bad', words: 'down' },
} as const satisfies Record<ServiceState['state'], object>;

/** What the panel shows now. */
export interface PanelState {
  readonly stage: Stage;
  readonly faults: readonly StageFault[];
  /** Newest first. */
  readonly traces: readonly Trace[];
}

/** What happens behind the chat, and what can be made to go wrong. */
export const Panel: FC<{ readonly state: PanelState }> = ({ state }) => {
  const { agent } = state.stage;
  return (
    <section id="panel" class="panel stack" aria-labelledby="panel-title">
      <h2 id="panel-title">What happens</h2>
      {agent.kind === 'claude' ? null : (
        <p class="card banner">
          <strong>The echo answers here, not Claude.</strong>{' '}
          <Remedy
            text={
              agent.remedy ?? 'Start the playground with `--agent claude` to talk to Claude Code.'
            }
          />
        </p>
      )}
      {ownFault(null).node}
      <Service stage={state.stage} />
      <h3>The way of each message</h3>
      <div class="recent" role="region" aria-label="Messages and their ways" tabindex={0}>
        <ol id="ways" class="ways" data-parts>
          {ways(state).map(({ node }) => node)}
        </ol>
      </div>
      <h3>Let something go wrong</h3>
      <ul class="faults">
        {state.faults.map((fault) => (
          <Fault fault={fault} />
        ))}
      </ul>
      <details>
        <summary>The last lines of the log</summary>
        <Lines lines={state.stage.log()} />
      </details>
      <p>
        <a class="to-chat" href="#chat">
          Back to the chat
        </a>
      </p>
    </section>
  );
};

/** A sentence of ours, with its addresses as links. */
const Remedy: FC<{ readonly text: string }> = ({ text }) => (
  <>
    {text.split(/(https:\/\/[^\s)]+)/u).map((part, index) =>
      index % 2 === 1 ? (
        <a href={part} target="_blank" rel="noopener">
          {part}
        </a>
      ) : (
        <WithCode text={part} />
      ),
    )}
  </>
);

/** What went wrong in the playground itself. */
export function ownFault(sentence: string | null): Part {
  const node = (
    <div id="own-fault" role="alert">
      {sentence === null ? null : (
        <p class="card">The playground itself met a fault, and what you see is old: {sentence}</p>
      )}
    </div>
  );
  return { id: 'own-fault', node };
}

/** What of the panel changes. */
export function panelParts(state: PanelState): readonly Part[] {
  return [
    ownFault(null),
    { id: 'service', node: <Service stage={state.stage} /> },
    ...ways(state),
    ...state.faults.map((fault) => ({ id: `fault-${fault.id}`, node: <Fault fault={fault} /> })),
    { id: 'lines', node: <Lines lines={state.stage.log()} /> },
  ];
}

/** Oldest first: the style sheet turns them round, so that a new one is put at the end. */
function ways({ traces }: PanelState): readonly Part[] {
  if (traces.length === 0) {
    const node = (
      <li id="no-ways">
        <Empty>Nothing was sent yet. Each message shows here how it travels.</Empty>
      </li>
    );
    return [{ id: 'no-ways', into: 'ways', node }];
  }
  return traces
    .slice(0, WAY_COUNT)
    .map((trace, index) => ({
      id: `way${trace.messageId}`,
      into: 'ways',
      node: <Way trace={trace} isNewest={index === 0} />,
    }))
    .toReversed();
}

const Service: FC<{ readonly stage: Stage }> = ({ stage }) => {
  const { state, pid, startCount, lastEnd } = stage.service();
  const { kind, words } = STATES[state];
  return (
    <div id="service" class="card stack">
      <p class="row">
        <strong>The service</strong> <Badge kind={kind}>{words}</Badge>
        <span class="muted">
          {pid === null ? '' : `process ${pid}, `}
          {startCount === 1 ? 'started once' : `started ${startCount} times`}
        </span>
        {state === 'running' ? (
          <a href="/console" target="_blank" rel="noopener">
            Open its console
          </a>
        ) : null}
      </p>
      {lastEnd === null ? null : <p class="muted">{lastEnd}</p>}
    </div>
  );
};

const Fault: FC<{ readonly fault: StageFault }> = ({ fault }) => {
  const { id, label, description } = fault;
  const isOn = fault.isOn();
  return (
    <li id={`fault-${id}`}>
      <form method="post" action={`/fault/${id}`} data-quiet>
        <button type="submit" aria-describedby={`about-${id}`}>
          {label}
        </button>{' '}
        {isOn ? <Badge kind="warn">now</Badge> : null}
      </form>
      <p id={`about-${id}`} class="muted">
        {description}
      </p>
    </li>
  );
};

const Lines: FC<{ readonly lines: readonly LogLine[] }> = ({ lines }) => (
  <pre id="lines" tabindex={0} role="region" aria-label="The last lines of the log">
    {lines
      .slice(-LINE_COUNT)
      .map(({ atMs, level, event, fields }) => {
        const time = new Date(atMs).toISOString().slice('YYYY-MM-DDT'.length, -1);
        const rest = JSON.stringify(fields).slice(0, FIELDS_LENGTH);
        return `${time} ${level.padEnd(5)} ${event} ${rest === '{}' ? '' : rest}\n`;
      })
      .join('')}
  </pre>
);
