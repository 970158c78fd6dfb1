import { withMemory, type MemoryShell } from '../app/from-shell/memory.ts';
import { ClaudioError } from '../core/error.ts';
import type { Memory } from '../core/memory.ts';
import { memoriesCount } from '../memory/telling.ts';
import { allMemories } from '../memory/transfer.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { memoryLines } from './memory.ts';

/** So many are shown before it is asked. */
const SHOWN_COUNT = 20;

/**
 * `claudio memory forget`: 0 where everything named was forgotten, 1 where something was not there, 130
 * where the person says no.
 *
 * @throws ClaudioError `memory.nothing-named`, `cli.needs-answer`
 */
export function memoryForget(
  context: CliContext,
  text: string | undefined,
  options: CommonOptions & { readonly id?: readonly number[]; readonly chat?: string },
): Promise<number> {
  const { ui } = context;
  const { id: ids = [], chat } = options;
  const words = (text ?? '').toLowerCase().match(/[\p{L}\p{N}\p{S}]+/gu) ?? [];
  if (words.length === 0 && ids.length === 0) throw nothingNamed();
  return withMemory(context.environment, async (shell) => {
    const { memory, scopeOf, commit } = shell;
    const scope = chat === undefined ? {} : { scope: scopeOf(chat) };
    const named = ids.map((id) => memory.store.find(id)).filter((one) => one !== null);
    const found = [...named, ...(words.length === 0 ? [] : withWords(shell, words, scope))];
    const chosen = [...new Map(found.map((one) => [one.id, one])).values()].filter(
      (one) => scope.scope === undefined || one.scope === scope.scope,
    );
    const missing = ids.filter((id) => !chosen.some((one) => one.id === id));
    for (const id of missing) ui.warn(`There is no memory ${id}.`);
    if (chosen.length === 0) {
      ui.say(
        'Nothing was forgotten. `claudio memory search` finds by meaning; --id takes the numbers.',
      );
      return EXIT.failed;
    }
    show(context, chosen);
    if (
      !(await ui.confirm(
        `Forget ${chosen.length === 1 ? 'it' : `these ${chosen.length}`} for good?`,
        false,
      ))
    ) {
      ui.say('Nothing was forgotten.');
      return EXIT.cancelled;
    }
    const gone = await commit(() => memory.store.forget(chosen.map(({ id }) => id)));
    ui.done(`Forgotten: ${memoriesCount(gone.length)}`);
    ui.say('Backups that were taken before still hold them.');
    return missing.length === 0 ? EXIT.ok : EXIT.failed;
  });
}

/** Those in which all of the words stand, as parts of others too; history as well. */
function withWords(
  { memory }: MemoryShell,
  words: readonly string[],
  scope: { readonly scope?: string },
): readonly Memory[] {
  return [...allMemories(memory.store, { ...scope, isWhole: true })].flat().filter((one) => {
    const all = [one.text, one.context, one.outcome, one.trigger].join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

function show({ print, ui }: CliContext, memories: readonly Memory[]): void {
  const isOfMany = new Set(memories.map(({ scope }) => scope)).size > 1;
  for (const one of memories.slice(0, SHOWN_COUNT)) print(memoryLines(one, isOfMany));
  if (memories.length > SHOWN_COUNT) ui.say(`… and ${memories.length - SHOWN_COUNT} more`);
}

function nothingNamed(): ClaudioError {
  return new ClaudioError({
    code: 'memory.nothing-named',
    message: 'Nothing was named. Nothing was forgotten.',
    hint: 'Give words that stand in it, or the numbers that `claudio memory list` shows: --id 12.',
  });
}
