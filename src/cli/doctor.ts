import { COMMANDS_FILE, readCommands } from '../commands/custom/schema.ts';
import { mendAll, type Group, type Mended } from '../ops/doctor/diagnosis.ts';
import { examine, type Examination } from '../ops/doctor/doctor.ts';
import type { OwnFile } from '../ops/doctor/own-file.ts';
import { inspectConfiguration } from '../platform/configuration/load.ts';
import type { CliContext, CommonOptions } from './context.ts';
import { formatFindings, wantsColours, widthOf } from './findings.ts';
import { EXIT_OF, withSite } from './site.ts';

/** The commands of the person's own. */
export const commandsFile: OwnFile = {
  file: COMMANDS_FILE,
  name: 'commands',
  otherwise: `those that come with Claudio; the service writes ${COMMANDS_FILE}`,
  read: (text) => {
    const commands = readCommands(text);
    return 'fault' in commands ? commands : { ok: `${commands.ok.length} of your own` };
  },
};

/** Prints how everything is in depth; with `--fix` it mends what can be mended before. */
export async function doctor(
  context: CliContext,
  options: CommonOptions & { readonly fix?: boolean },
): Promise<number> {
  const { environment, ui } = context;
  const [examination, mended] = await withSite(context, async (site) => {
    const first = await examine(site, [commandsFile]);
    if (options.fix !== true) return [first, []] as const;
    const done = await mendAll(first.groups);
    if (done.length === 0) return [first, done] as const;
    const configuration = inspectConfiguration(environment);
    return [await examine({ ...site, configuration }, [commandsFile]), done] as const;
  });
  if (options.json === true) {
    context.print(JSON.stringify(reportOf(examination, mended), null, 2));
    return EXIT_OF[examination.verdict];
  }
  for (const { isDone, name, text } of mended) {
    if (isDone) ui.done(text);
    else ui.fail(`${name}: ${text}`);
  }
  if (options.fix === true && mended.length === 0) ui.say('There is nothing that could be mended.');
  if (options.fix === true) context.print('');
  context.print(formatGroups(examination.groups, wantsColours(process.stdout, environment)));
  const mendableCount = examination.groups
    .flatMap(({ diagnoses }) => diagnoses)
    .filter(({ state, mend }) => state !== 'ok' && mend !== undefined).length;
  if (options.fix !== true && mendableCount > 0) {
    context.print('');
    ui.say(
      `\`claudio doctor --fix\` mends ${mendableCount === 1 ? 'one' : mendableCount} of these.`,
    );
  }
  return EXIT_OF[examination.verdict];
}

function formatGroups(groups: readonly Group[], isColoured: boolean): string {
  const width = widthOf(groups.flatMap(({ diagnoses }) => diagnoses));
  return groups
    .map(
      ({ title, diagnoses }) => `${title}\n${formatFindings(diagnoses, { isColoured, width })}\n`,
    )
    .join('\n');
}

function reportOf({ verdict, groups }: Examination, mended: readonly Mended[]) {
  return {
    verdict,
    mended,
    groups: groups.map(({ title, diagnoses }) => ({
      title,
      findings: diagnoses.map(({ mend, ...finding }) => ({
        ...finding,
        isMendable: mend !== undefined,
      })),
    })),
  };
}
