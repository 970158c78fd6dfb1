import { withMemory } from '../app/from-shell/memory.ts';
import { ClaudioError } from '../core/error.ts';
import type { Memory } from '../core/memory.ts';
import { createTextFinder } from '../memory/find.ts';
import type { MemoryStore } from '../memory/store.ts';
import { memoriesCount } from '../memory/telling.ts';
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
  const words = text ?? '';
  if (!/[\p{L}\p{N}\p{S}]/u.test(words) && ids.length === 0) throw nothingNamed();
  return withMemory(context.environment, async (shell) => {
    const { memory, database, scopeOf, commit } = shell;
    const scope = chat === undefined ? {} : { scope: scopeOf(chat) };
    const found = createTextFinder(database)(words, { ...scope, isWhole: true });
    const chosen = [...new Set([...ids, ...found])]
      .map((id) => memory.store.find(id))
      .filter((one) => one !== null)
      .filter((one) => scope.scope === undefined || one.scope === scope.scope);
    const missing = ids.filter((id) => !chosen.some((one) => one.id === id));
    for (const id of missing)
      ui.warn(`There is no memory ${id}${chat === undefined ? '' : ' in that chat'}.`);
    if (chosen.length === 0) {
      ui.say(
        'Nothing was forgotten. `claudio memory search` and `list` show what there is; --id takes a number.',
      );
      return EXIT.failed;
    }
    show(context, chosen, memory.store);
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

function show(
  { print, ui }: CliContext,
  memories: readonly Memory[],
  store: Pick<MemoryStore, 'sources'>,
): void {
  const isOfMany = new Set(memories.map(({ scope }) => scope)).size > 1;
  for (const one of memories.slice(0, SHOWN_COUNT)) print(memoryLines(one, isOfMany, store));
  if (memories.length > SHOWN_COUNT) ui.say(`… and ${memories.length - SHOWN_COUNT} more`);
}

function nothingNamed(): ClaudioError {
  return new ClaudioError({
    code: 'memory.nothing-named',
    message: 'Nothing was named. Nothing was forgotten.',
    hint: 'Give words that stand in it, or the numbers that `claudio memory list` shows: --id 12.',
  });
}
