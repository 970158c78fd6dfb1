import type { Person } from '../../../src/ops/tunnel/person.ts';
import { ClaudioError } from '../../../src/core/error.ts';

/** Somebody at a terminal, or nobody. */
export interface ScriptedPerson extends Person {
  /** Everything that was shown, a line each. */
  readonly seen: readonly string[];
  readonly questions: readonly string[];
}

/** @param answer To each question; `null`: there is nobody to ask. */
export function person(answer: boolean | null): ScriptedPerson {
  const seen: string[] = [];
  const questions: string[] = [];
  const show = (text: string) => void seen.push(text);
  return {
    isInteractive: answer !== null,
    seen,
    questions,
    say: show,
    done: show,
    warn: show,
    block: (text, title = '') => show(`${title}\n${text}`),
    step: async (title, work) => {
      show(title);
      return await work(show);
    },
    confirm: (question) => {
      questions.push(question);
      if (answer !== null) return Promise.resolve(answer);
      const message = `There is nobody to ask: ${question}`;
      return Promise.reject(
        new ClaudioError({ code: 'cli.needs-answer', message, hint: 'Give --yes to agree.' }),
      );
    },
  };
}
