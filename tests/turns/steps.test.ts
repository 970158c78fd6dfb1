import { describe, expect, it } from 'vitest';
import type { AgentProgress } from '../../src/core/agent.ts';
import type { ProgressLevel } from '../../src/core/progress.ts';
import { noProgress, renderProgress, withOwnStep, withProgress } from '../../src/turns/steps.ts';

const SECOND_MS = 1000;

const began = (id: string, summary: string): AgentProgress => ({
  kind: 'tool-began',
  toolUse: { id, tool: 'Bash', summary, inputDigest: '' },
});
const ended = (toolUseId: string): AgentProgress => ({ kind: 'tool-ended', toolUseId });
const wrote = (text: string): AgentProgress => ({ kind: 'text', text });

/** What is shown of events at their seconds, at `atSecond`. */
const shown = (
  events: readonly (readonly [second: number, progress: AgentProgress])[],
  atSecond: number,
  level: ProgressLevel = 'brief',
  showsText = false,
): string => {
  const state = events.reduce(
    (before, [second, progress]) => withProgress(before, progress, second * SECOND_MS),
    noProgress(0),
  );
  return renderProgress(state, { level, showsText }, atSecond * SECOND_MS);
};

/** A growing answer, of which a message holds no more than the end. */
const cut = (text: string): string => shown([[1, wrote(text)]], 6, 'off', true);

describe('what is shown of a turn', () => {
  it('is the time that it takes, and that Claude thinks where no tool runs', () => {
    expect(shown([], 80)).toBe('⏳ 1 min 20 s\n\nThinking…');
    expect(
      shown(
        [
          [1, began('a', 'Running ls')],
          [2, ended('a')],
        ],
        7,
      ),
    ).toBe('⏳ 7 s\n\nThinking…');
  });

  it('is the tool that runs, with its own time once that is worth a word', () => {
    const events = [[15, began('a', 'Running npm test')]] as const;
    expect(shown(events, 20)).toBe('⏳ 20 s\n\nRunning npm test');
    expect(shown(events, 80)).toBe('⏳ 1 min 20 s\n\nRunning npm test, 1 min 5 s');
  });

  it('is the latest of the tools that run at a time, then the one that is left', () => {
    const both = [
      [0, began('a', 'Delegating')],
      [1, began('b', 'Reading x')],
    ] as const;
    expect(shown(both, 2)).toContain('Reading x');
    expect(shown([...both, [2, ended('b')]], 3)).toContain('Delegating');
    expect(shown([...both, [2, ended('a')]], 3)).toContain('Reading x');
  });

  it('stands for itself: nothing in it is markup', () => {
    const text = shown([[0, began('a', 'Running echo *a* `b` [c](d)\n# e')]], 1);
    expect(text).toBe('⏳ 1 s\n\nRunning echo \\*a\\* \\`b\\` \\[c\\]\\(d\\) \\# e');
  });

  it('is in full the last five steps with their times as well', () => {
    const events = Array.from({ length: 7 }, (_, at) => at).flatMap(
      (at) =>
        [
          [10 * at, began(`${at}`, `Step ${at}`)],
          [10 * at + at, ended(`${at}`)],
        ] as const,
    );
    expect(shown([...events, [70, began('x', 'Step x')]], 71, 'full')).toBe(
      [
        '⏳ 1 min 11 s',
        '- ✓ Step 2, 2 s\n- ✓ Step 3, 3 s\n- ✓ Step 4, 4 s\n- ✓ Step 5, 5 s\n- ✓ Step 6, 6 s',
        'Step x',
      ].join('\n\n'),
    );
  });

  it('keeps a long step, and forgets old ones, however many there are', () => {
    let state = withProgress(noProgress(0), began('long', 'Delegating'), 0);
    for (let at = 0; at < 1000; at += 1) {
      state = withProgress(state, began(`${at}`, `Step ${at}`), at);
      state = withProgress(state, ended(`${at}`), at);
    }
    expect(state.steps.length).toBeLessThanOrEqual(7);
    expect(renderProgress(state, { level: 'brief', showsText: false }, 1000)).toContain(
      'Delegating',
    );
  });

  it('is what Claudio itself does, until that is done or Claude begins', () => {
    const brief = { level: 'brief', showsText: false } as const;
    const own = withOwnStep(noProgress(0), 'Transcribing', 0);
    expect(renderProgress(own, brief, SECOND_MS)).toBe('⏳ 1 s\n\nTranscribing');
    expect(renderProgress(withOwnStep(own, '', 1), brief, SECOND_MS)).toContain('Thinking');
    const next = withOwnStep(own, 'Getting a picture', 1);
    expect(renderProgress(next, brief, SECOND_MS)).toContain('Getting a picture');
    const begun = withProgress(own, wrote('I see.'), 1);
    expect(renderProgress(begun, brief, SECOND_MS)).toContain('Thinking');
  });
});

describe('an answer as it grows', () => {
  it('is shown where it is wanted, as the Markdown that it is', () => {
    const events = [[1, wrote('**Well**, ')]] as const;
    expect(shown(events, 6)).toBe('⏳ 6 s\n\nThinking…');
    expect(shown(events, 6, 'brief', true)).toBe('⏳ 6 s\n\n**Well**, ▍');
    expect(shown([...events, [2, began('a', 'Running ls')]], 6, 'brief', true)).toBe(
      '⏳ 6 s\n\nRunning ls\n\n**Well**, ▍',
    );
  });

  it('is all there is where progress is off', () => {
    expect(shown([[1, began('a', 'Running ls')]], 6, 'off', true)).toBe('');
    expect(shown([[1, wrote('Well')]], 6, 'off', true)).toBe('Well ▍');
    expect(shown([[1, wrote(' \n')]], 6, 'off', true)).toBe('');
  });

  it('is cut to its end, at the start of a line, so that one message holds it', () => {
    const lines = Array.from({ length: 200 }, (_, at) => `Line ${at} of an answer that is long.`);
    const text = shown([[1, wrote(lines.join('\n'))]], 6, 'off', true);
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(text.length).toBeGreaterThan(3500);
    expect(text).toMatch(/^Line \d+ of [^]*Line 199 of an answer that is long\. ▍$/);
    const oneLine = shown([[1, wrote('😀'.repeat(4001))]], 6, 'off', true);
    expect(oneLine).toMatch(/^(😀)+ ▍$/u);
  });

  it('keeps its newest words where the longest steps stand around it', () => {
    const summary = '*'.repeat(200);
    const steps = Array.from({ length: 6 }, (_, at) => at).flatMap(
      (at) =>
        [
          [at, began(`${at}`, summary)],
          [at, ended(`${at}`)],
        ] as const,
    );
    const lines = Array.from({ length: 900 }, (_, at) => `Line ${at}.`);
    const events = [...steps, [7, wrote(lines.join('\n'))], [8, began('x', summary)]] as const;
    const text = shown(events, 20, 'full', true);
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(text).toMatch(/^⏳ 20 s\n\n(?:- ✓ [\\*]{400}, under 1 s\n){5}/u);
    expect(text).toMatch(/Line 850\.\n[^]*Line 899\. ▍$/u);
  });

  it('begins the block of code anew that the cut went through, and no other', () => {
    const code = Array.from({ length: 600 }, (_, at) => `line ${at}`).join('\n');
    expect(cut(`So:\n\n\`\`\`sh\n${code}`)).toMatch(/^```sh\nline \d+\n[^]*line 599 ▍$/u);
    expect(cut(`- So:\n  ~~~~\n  ${code}\n  \`\`\`\n~~~\nb`)).toMatch(/^~~~~\nline \d+\n/u);
    expect(cut(`\`\`\`\na\n\`\`\`\n${code}`)).toMatch(/^line \d+\n/u);
    expect(cut(`\`\`\`${'x'.repeat(99)}\n${code}`)).toMatch(/^```\nline \d+\n/u);
    expect(cut(`\`\`\`a\` is code\n${code}`)).toMatch(/^line \d+\n/u);
  });

  it('leaves the marks of a code block alone', () => {
    expect(shown([[1, wrote('So:\n```sh\nls\n```\n')]], 6, 'off', true)).toBe(
      'So:\n```sh\nls\n```\n▍',
    );
  });
});
