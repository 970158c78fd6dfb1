import type { Child, FC } from 'hono/jsx';
import { excerpt, formatDollars, formatDuration, wholeNumber } from '../core/format.ts';
import type { Mask } from '../core/mask.ts';
import type { TurnStatus } from '../core/turn.ts';
import { percent } from '../memory/telling.ts';
import { plainName } from '../policy/names.ts';
import { Badge, Time } from '../pages/words.tsx';
import { failureWords } from './failure-words.ts';
import { memoryPath } from './paths.ts';
import type { ShownTurn } from './turn-rows.ts';

const STATUSES: Readonly<
  Record<TurnStatus, readonly [kind: 'ok' | 'warn' | 'bad' | 'busy', words: string]>
> = {
  queued: ['warn', 'Waiting'],
  running: ['busy', 'Running'],
  done: ['ok', 'Done'],
  failed: ['bad', 'Failed'],
  interrupted: ['warn', 'Interrupted'],
  cancelled: ['warn', 'Cancelled'],
  joined: ['ok', 'Answered with another'],
};
const FOUND_BY = { meaning: 'by its meaning', words: 'by its words', both: 'by meaning and words' };
const MEMORY_LENGTH = 200;

/** What all parts of a page are shown with. */
export interface Look {
  readonly mask: Mask;
  readonly nowMs: number;
}

/** A turn, and in its details all that is known of it. */
export const TurnDetails: FC<{
  readonly shown: ShownTurn;
  readonly isOpen: boolean;
  readonly look: Look;
}> = ({ shown, isOpen, look }) => {
  const { turn } = shown;
  const [kind, words] = STATUSES[turn.status];
  const brief = [
    turn.model,
    ranWords(turn, look),
    turn.costUsd > 0 ? formatDollars(turn.costUsd) : null,
  ]
    .filter((part) => part !== null)
    .join(' · ');
  return (
    <details id={`turn-${turn.id}`} open={isOpen}>
      <summary>
        Turn {turn.id} <Badge kind={kind}>{words}</Badge> <span class="muted">{brief}</span>
      </summary>
      <div class="stack">
        <Facts shown={shown} look={look} />
        <Tools shown={shown} look={look} />
        <Recalls shown={shown} look={look} />
      </div>
    </details>
  );
};

const Facts: FC<{ readonly shown: ShownTurn; readonly look: Look }> = ({
  shown: { turn, reactions },
  look,
}) => (
  <dl>
    <Fact name="Asked">
      <Time atMs={turn.queuedAtMs} nowMs={look.nowMs} />
    </Fact>
    <Fact name="Waited">{waitedWords(turn, look)}</Fact>
    <Fact name="Ran">{ranWords(turn, look)}</Fact>
    <Fact name="Model">
      {turn.model === null || turn.model === turn.requestedModel
        ? turn.requestedModel
        : `${turn.model} (asked for ${turn.requestedModel})`}
    </Fact>
    <Fact name="Mode">{turn.mode}</Fact>
    <Fact name="Project">{turn.project}</Fact>
    <Fact name="Tokens">{tokenWords(turn)}</Fact>
    <Fact name="Cost">{turn.costUsd > 0 ? formatDollars(turn.costUsd) : null}</Fact>
    <Fact name="Started">{turn.attemptCount > 1 ? `${turn.attemptCount} times` : null}</Fact>
    <Fact name="Interrupted">
      {turn.interruptionCount > 0 ? timesWords(turn.interruptionCount) : null}
    </Fact>
    <Fact name="Answered by">
      {turn.joinedTurnId === null ? null : `turn ${turn.joinedTurnId}`}
    </Fact>
    <Fact name="Failed because">{turn.failure === null ? null : failureWords(turn.failure)}</Fact>
    <Fact name="Doing">
      {turn.status === 'running' && turn.activity !== null
        ? look.mask(turn.activity, true).text
        : null}
    </Fact>
    {reactions.map(({ personName, emoji, atMs }) => (
      <Fact name={`${plainName(personName)} reacted`}>
        {emoji} <Time atMs={atMs} nowMs={look.nowMs} />
      </Fact>
    ))}
  </dl>
);

/** Nothing where there is nothing to say. */
const Fact: FC<{ readonly name: string; readonly children?: Child }> = ({ name, children }) =>
  isNothing(children) ? null : (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );

function isNothing(child: Child | undefined): boolean {
  return Array.isArray(child) ? child.every(isNothing) : child === null || child === undefined;
}

const Tools: FC<{ readonly shown: ShownTurn; readonly look: Look }> = ({
  shown: { turn, tools, moreToolCount },
  look,
}) =>
  tools.length === 0 ? null : (
    <div>
      <p>Tools, in order</p>
      <ol>
        {tools.map(({ attempt, tool, summary, startedAtMs }) => (
          <li>
            <code>{tool}</code> {look.mask(summary, summary.endsWith('…')).text}{' '}
            <span class="muted">
              {turn.startedAtMs === null || startedAtMs < turn.startedAtMs ? (
                <Time atMs={startedAtMs} nowMs={look.nowMs} />
              ) : (
                `after ${formatDuration(startedAtMs - turn.startedAtMs)}`
              )}
              {attempt > 1 ? `, on try ${attempt}` : ''}
            </span>
          </li>
        ))}
      </ol>
      {moreToolCount > 0 ? <p class="muted">and {moreToolCount} more</p> : null}
    </div>
  );

const Recalls: FC<{ readonly shown: ShownTurn; readonly look: Look }> = ({
  shown: { recalls },
  look,
}) =>
  recalls.length === 0 ? null : (
    <div>
      <p>Memories that came to mind, best first</p>
      <ol>
        {recalls.map(({ memoryId, text, score, foundBy }) => (
          <li>
            <a href={memoryPath(memoryId)}>{excerpt(look.mask(text, true).text, MEMORY_LENGTH)}</a>{' '}
            <span class="muted">
              {percent(score)}, found {FOUND_BY[foundBy]}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );

function waitedWords(turn: ShownTurn['turn'], { nowMs }: Look): string | null {
  if (turn.startedAtMs !== null) return formatDuration(turn.startedAtMs - turn.queuedAtMs);
  return turn.status === 'queued' ? `${formatDuration(nowMs - turn.queuedAtMs)} so far` : null;
}

function ranWords(turn: ShownTurn['turn'], { nowMs }: Look): string | null {
  if (turn.startedAtMs === null) return null;
  if (turn.endedAtMs !== null) return formatDuration(turn.endedAtMs - turn.startedAtMs);
  return turn.status === 'running' ? `${formatDuration(nowMs - turn.startedAtMs)} so far` : null;
}

function tokenWords(turn: ShownTurn['turn']): string | null {
  const counts = [
    [turn.inputTokenCount, 'in'],
    [turn.outputTokenCount, 'out'],
    [turn.cacheReadTokenCount, 'from the cache'],
    [turn.cacheWriteTokenCount, 'into the cache'],
  ] as const;
  if (counts.every(([count]) => count === 0)) return null;
  return counts.map(([count, where]) => `${wholeNumber(count)} ${where}`).join(', ');
}

function timesWords(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
