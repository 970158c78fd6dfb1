import type { ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { excerpt } from '../../core/format.ts';
import { askPerson, BUSY, WITHDRAWN } from '../asking.ts';
import type { ToolContext } from '../context.ts';
import { OVER } from '../result.ts';
import { denied, type Ruling } from '../ruling.ts';

/** Claude Code's own way to ask people: who decides about it gives the answers. */
export const QUESTION_TOOL = 'AskUserQuestion';

const LABEL_LENGTH = 60;
const QUESTION_LENGTH = 2000;
const DESCRIPTION_LENGTH = 300;

const inputSchema = z.looseObject({
  questions: z
    .array(
      z.looseObject({
        question: z.string().min(1),
        options: z
          .array(z.looseObject({ label: z.string(), description: z.string().default('') }))
          .default([]),
        multiSelect: z.boolean().default(false),
      }),
    )
    .min(1)
    .max(8),
});

type Question = z.infer<typeof inputSchema>['questions'][number];

/**
 * Asks the questions one after another. The answer to each is the label of an option, or what the person
 * wrote in its place.
 *
 * Source: seen in 2.1.329: `updatedInput: { questions, answers: { <question>: <answer> } }`.
 */
export async function answerQuestions(
  context: ToolContext,
  input: Readonly<Record<string, unknown>>,
  call: ServerContext,
): Promise<Ruling> {
  const { data } = inputSchema.safeParse(input);
  if (data === undefined) return denied('The questions could not be read. Nothing was asked.');
  const answers: [string, string][] = [];
  for (const question of data.questions) {
    const buttons = buttonsOf(question);
    const asked = await askPerson(context, call, textOf(question), [...buttons.keys()]);
    switch (asked.kind) {
      case 'answered':
        answers.push([question.question, buttons.get(asked.answer) ?? asked.answer]);
        break;
      case 'busy':
        return denied(BUSY);
      case 'over':
        return denied(OVER);
      case 'withdrawn':
        return denied(WITHDRAWN);
    }
  }
  return { behavior: 'allow', updatedInput: { ...input, answers: Object.fromEntries(answers) } };
}

/** What stands on each button, and the label that it stands for. */
function buttonsOf({ options }: Question): ReadonlyMap<string, string> {
  const shown = options.map(({ label }) => [excerpt(label, LABEL_LENGTH), label] as const);
  const buttons = new Map(shown.filter(([text]) => text !== ''));
  // Those that look alike, nobody could tell apart: they are written out instead.
  return buttons.size < options.length ? new Map() : buttons;
}

function textOf({ question, options, multiSelect }: Question): string {
  const lines = options.map(({ label, description }) => {
    const about = excerpt(description, DESCRIPTION_LENGTH);
    const name = `- **${excerpt(label, DESCRIPTION_LENGTH)}**`;
    return about === '' ? name : `${name}: ${about}`;
  });
  return [
    excerpt(question, QUESTION_LENGTH),
    lines.join('\n'),
    multiSelect ? 'You can choose several: write them, with commas between.' : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
