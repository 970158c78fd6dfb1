import type { AgentProgress } from '../core/agent.ts';
import { ending, escapeMarkdown, formatDuration } from '../core/format.ts';
import type { ProgressLevel } from '../core/progress.ts';

/** How many finished steps are listed. */
const MAX_LISTED_STEPS = 5;
/** A step tells its own duration from here on. */
const TOLD_FROM_MS = 5_000;
/** All that is shown, in UTF-16 units: one message holds it, and the platform need not cut its end. */
const MAX_SHOWN_CHARS = 3_900;
/** The first line of a block of code, wherever in a list or a quote it stands. */
const FENCE = /^[ \t>]*(`{3,}(?=[^`]*$)|~{3,})(.*)$/u;
/** A language has a shorter name than that. */
const MAX_LANGUAGE_CHARS = 20;

/** One thing that was done or is being done. */
export interface Step {
  readonly id: string;
  readonly summary: string;
  readonly startedAtMs: number;
  /** `null` while it goes on. */
  readonly endedAtMs: number | null;
}

/** What there is to show of a turn. */
export interface TurnProgress {
  readonly startedAtMs: number;
  /** In order of their start: those that go on, and the last that have ended. */
  readonly steps: readonly Step[];
  /** What was written last, all of it so far. */
  readonly text: string;
}

export function noProgress(startedAtMs: number): TurnProgress {
  return { startedAtMs, steps: [], text: '' };
}

/** What there is to show after one more event. Whatever Claudio itself did is done then. */
export function withProgress(
  state: TurnProgress,
  progress: AgentProgress,
  nowMs: number,
): TurnProgress {
  const rested = withOwnStep(state, '', nowMs);
  switch (progress.kind) {
    case 'tool-began': {
      const { id, summary } = progress.toolUse;
      return withStep(rested, { id, summary, startedAtMs: nowMs, endedAtMs: null });
    }
    case 'tool-ended':
      return withEnd(rested, (step) => step.id === progress.toolUseId, nowMs);
    case 'text':
      return { ...rested, text: progress.text };
  }
}

/** The id of what Claudio itself does: one thing at a time. */
const OWN_STEP_ID = '';

/**
 * What there is to show when Claudio itself begins something, and has ended what it did before.
 *
 * @param summary `Transcribing`; empty where nothing new begins.
 */
export function withOwnStep(state: TurnProgress, summary: string, nowMs: number): TurnProgress {
  const rested = withEnd(state, (step) => step.id === OWN_STEP_ID, nowMs);
  if (summary === '') return rested;
  return withStep(rested, { id: OWN_STEP_ID, summary, startedAtMs: nowMs, endedAtMs: null });
}

function withStep(state: TurnProgress, step: Step): TurnProgress {
  return { ...state, steps: trimmed([...state.steps, step]) };
}

function withEnd(
  state: TurnProgress,
  isMeant: (step: Step) => boolean,
  nowMs: number,
): TurnProgress {
  const steps = state.steps.map((step) =>
    step.endedAtMs === null && isMeant(step) ? { ...step, endedAtMs: nowMs } : step,
  );
  return { ...state, steps };
}

/** However long the turn, only what may still be shown is kept. */
function trimmed(steps: readonly Step[]): readonly Step[] {
  const kept = new Set(
    steps.filter(({ endedAtMs }) => endedAtMs !== null).slice(-MAX_LISTED_STEPS),
  );
  return steps.filter((step) => step.endedAtMs === null || kept.has(step));
}

/**
 * Says in Markdown what a turn does: the time since its start, then what goes on. `full` lists the last
 * steps as well. `off` says only what is being written, and is empty before that.
 *
 * @param options.showsText Whether to tell what is being written.
 */
export function renderProgress(
  state: TurnProgress,
  options: { readonly level: ProgressLevel; readonly showsText: boolean },
  nowMs: number,
): string {
  const written = options.showsText ? state.text.trimEnd() : '';
  if (options.level === 'off') return shownText(written, MAX_SHOWN_CHARS);
  const ended = state.steps.filter(({ endedAtMs }) => endedAtMs !== null);
  const current = state.steps.findLast(({ endedAtMs }) => endedAtMs === null);
  const steps = [
    `⏳ ${formatDuration(Math.round((nowMs - state.startedAtMs) / 1000) * 1000)}`,
    options.level === 'full' ? ended.slice(-MAX_LISTED_STEPS).map(endedLine).join('\n') : '',
    currentLine(current, written !== '', nowMs),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
  if (written === '') return steps;
  return `${steps}\n\n${shownText(written, MAX_SHOWN_CHARS - steps.length)}`;
}

function endedLine({ summary, startedAtMs, endedAtMs }: Step): string {
  const durationMs = (endedAtMs ?? startedAtMs) - startedAtMs;
  return `- ✓ ${escapeMarkdown(summary)}, ${formatDuration(durationMs)}`;
}

/** The step that began last stands for all that go on at a time. */
function currentLine(step: Step | undefined, isWriting: boolean, nowMs: number): string {
  if (step === undefined) return isWriting ? '' : 'Thinking…';
  const durationMs = nowMs - step.startedAtMs;
  const lasted = durationMs > TOLD_FROM_MS ? `, ${formatDuration(durationMs)}` : '';
  return `${escapeMarkdown(step.summary)}${lasted}`;
}

/** The end of a text, from the start of a line where there is one; it is Markdown already. */
function shownText(written: string, maxChars: number): string {
  if (written === '') return '';
  const end = ending(written, maxChars);
  const shown = end.length === written.length ? end : end.slice(end.indexOf('\n') + 1);
  const whole = `${openedFence(written.slice(0, written.length - shown.length))}${shown}`;
  // Behind the marks of a code block, a sign on the same line would undo them.
  return /(?:^|\n) *(?:```|~~~)[^\n]*$/.test(whole) ? `${whole}\n▍` : `${whole} ▍`;
}

/** The first line of the block of code that a text ends within, to begin it anew; empty: none. */
function openedFence(text: string): string {
  let open: { readonly marks: string; readonly language: string } | null = null;
  for (const line of text.split('\n')) {
    const [, marks = '', about = ''] = FENCE.exec(line) ?? [];
    if (marks === '') continue;
    if (open === null) open = { marks, language: about.trim() };
    else if (about.trim() === '' && marks.startsWith(open.marks)) open = null;
  }
  if (open === null) return '';
  const language = open.language.length > MAX_LANGUAGE_CHARS ? '' : open.language;
  return `${open.marks}${language}\n`;
}
