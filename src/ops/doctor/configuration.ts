import { existsSync } from 'node:fs';
import { makeWebhookSecret } from '../../platform/configuration/complete-bot.ts';
import { isFolder } from '../../platform/files.ts';
import { isUntouched } from '../status/status.ts';
import type { View } from '../status/site.ts';
import type { Diagnosis } from './diagnosis.ts';

/** What is set, each fault of it and each doubt about it. */
export function configurationDiagnoses({ configuration, host }: View): readonly Diagnosis[] {
  const { file, given, faults, warnings, settings } = configuration;
  const name = 'settings';
  const remedy = `Correct it in ${file}, or with \`claudio config set\`.`;
  const count = Object.keys(given).length;
  const summary: Diagnosis = existsSync(file)
    ? { name, state: 'ok', text: `${count} set, ${file}` }
    : isUntouched(configuration)
      ? {
          name,
          state: 'failed',
          text: `${file} is not there yet`,
          remedy: '`claudio install` makes it.',
        }
      : { name, state: 'ok', text: `${count} set, all in the environment` };
  return [
    summary,
    ...faults.map((text) => ({ name, state: 'failed' as const, text: bare(text), remedy })),
    ...warnings.map((text) => ({ name, state: 'warning' as const, text: bare(text) })),
    ...(settings.WEBHOOK_SECRET === undefined && !isUntouched(configuration)
      ? [secretDiagnosis(file)]
      : []),
    ...folderDiagnosis(settings.CLAUDE_WORK_DIR ?? host.userHome),
  ];
}

/** Where it is not there, the doubts about the settings say so. */
function folderDiagnosis(workDir: string): readonly Diagnosis[] {
  return isFolder(workDir)
    ? [{ name: 'folder', state: 'ok', text: `Claude works in ${workDir}` }]
    : [];
}

function secretDiagnosis(file: string): Diagnosis {
  return {
    name: 'secret',
    state: 'warning',
    text: 'WEBHOOK_SECRET is not set',
    remedy: 'The service makes one when it starts.',
    mend: async () => {
      makeWebhookSecret(file);
      return await Promise.resolve(
        'Made a WEBHOOK_SECRET; `claudio restart` makes it known to Telegram.',
      );
    },
  };
}

function bare(sentence: string): string {
  return sentence.replace(/\.$/u, '');
}
