import { ClaudioError, messageOf } from '../../core/error.ts';
import type { Finding } from '../../core/finding.ts';
import { within } from '../../platform/process/within.ts';

/** What was found, and how it can be mended without taking anything away. */
export interface Diagnosis extends Finding {
  /** Mends it. @returns What was done, as a sentence. @throws what is in its way. */
  readonly mend?: () => Promise<string>;
}

/** Findings that belong together. */
export interface Group {
  /** `Machine` */
  readonly title: string;
  readonly diagnoses: readonly Diagnosis[];
}

/** What became of mending. */
export interface Mended {
  readonly name: string;
  readonly isDone: boolean;
  /** What was done or what was in the way, a sentence. */
  readonly text: string;
}

/** A group whose look is not waited for longer than `limitMs`. What the look throws is what was found. */
export async function groupOf(
  title: string,
  limitMs: number,
  look: () => Promise<readonly Diagnosis[]>,
): Promise<Group> {
  const found: (readonly Diagnosis[])[] = [];
  const name = title.toLowerCase();
  try {
    await within(
      limitMs,
      look().then((diagnoses) => found.push(diagnoses)),
    );
  } catch (thrown) {
    const text = messageOf(thrown).replace(/\.$/u, '');
    const remedy = thrown instanceof ClaudioError ? { remedy: thrown.hint } : {};
    return { title, diagnoses: [{ name, state: 'failed', text, ...remedy }] };
  }
  const late: Diagnosis = {
    name,
    state: 'warning',
    text: `no answer within ${limitMs / 1000} s`,
    remedy: 'Try again later.',
  };
  return { title, diagnoses: found[0] ?? [late] };
}

/** Mends what can be mended, one thing after the other. Never throws. */
export async function mendAll(groups: readonly Group[]): Promise<readonly Mended[]> {
  const done: Mended[] = [];
  for (const { name, state, mend } of groups.flatMap(({ diagnoses }) => diagnoses)) {
    if (mend === undefined || state === 'ok') continue;
    try {
      done.push({ name, isDone: true, text: await mend() });
    } catch (thrown) {
      const hint = thrown instanceof ClaudioError ? ` ${thrown.hint}` : '';
      done.push({ name, isDone: false, text: `${messageOf(thrown)}${hint}` });
    }
  }
  return done;
}
