import type { Finding } from '../core/finding.ts';
import type { StepResult } from '../ops/install/step.ts';
import type { Ui } from './ui.ts';

/** Shows what became of a step, in a line or two. */
export function show(ui: Ui, result: StepResult): void {
  switch (result.kind) {
    case 'done':
    case 'already':
      ui.done(result.text);
      for (const finding of result.findings ?? []) showFinding(ui, finding);
      return;
    case 'left-out':
      ui.warn(`${result.text}.\n${result.remedy}`);
      return;
    case 'failed':
      ui.fail(`${result.text}.\n${result.remedy}`);
  }
}

/** Shows a finding in the same way. */
export function showFinding(ui: Ui, { state, text, remedy }: Finding): void {
  const line = remedy === undefined ? text : `${text}.\n${remedy}`;
  if (state === 'ok') ui.done(line);
  else if (state === 'failed') ui.fail(line);
  else ui.warn(line);
}
