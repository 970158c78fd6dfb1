import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSandbox, sandboxRemedy } from '../../agent/claude/sandbox.ts';
import { checkDatabase } from '../../platform/database/check.ts';
import { openDatabase } from '../../platform/database/open.ts';
import { OBJECTIONS, resolveFolder, type Bounds } from '../../policy/folders.ts';
import { POLICY_FILE, readPolicy } from '../../policy/policy-file.ts';
import { createProjectStore } from '../../policy/projects.ts';
import type { View } from '../status/site.ts';
import type { Diagnosis } from './diagnosis.ts';

/** Where Claude may be sent to work, and whether the sandbox that is asked for can be had. */
export async function placeDiagnoses(view: View): Promise<readonly Diagnosis[]> {
  const { home, settings } = view.configuration;
  const { userHome } = view.host;
  const roots = settings.PROJECT_ROOTS ?? [userHome, settings.CLAUDE_WORK_DIR ?? userHome];
  const bounds = { home, roots };
  return [
    ...(settings.SANDBOX === 'off' ? [] : [await sandboxDiagnosis(view)]),
    ...projectDiagnoses(view, bounds),
    ...folderDiagnoses(view, bounds),
  ];
}

async function sandboxDiagnosis({ host }: View): Promise<Diagnosis> {
  const { environment: env, platform } = host;
  const fault = await createSandbox({ env, hidden: [], platform }).fault();
  const name = 'sandbox';
  return fault === null
    ? { name, state: 'ok', text: 'bubblewrap works' }
    : { name, state: 'failed', text: fault, remedy: sandboxRemedy(fault) };
}

function projectDiagnoses({ configuration, clock }: View, bounds: Bounds): readonly Diagnosis[] {
  const path = join(configuration.home, 'claudio.db');
  // What else is wrong with it is told elsewhere.
  if (checkDatabase(path).kind !== 'sound') return [];
  const database = openDatabase(path, 'share');
  try {
    return createProjectStore(database, clock)
      .list()
      .flatMap((project): readonly Diagnosis[] => {
        const found = resolveFolder(project.path, bounds);
        if (found.kind === 'ok') return [];
        return [
          {
            name: 'project',
            state: 'warning',
            text: `${project.name}: ${project.path} ${OBJECTIONS[found.kind]}`,
            remedy: `Make the folder right, set PROJECT_ROOTS, or \`claudio project remove ${project.name}\`.`,
          },
        ];
      });
  } finally {
    database.close();
  }
}

/** What `policy.json` names and cannot be given. */
function folderDiagnoses({ configuration }: View, bounds: Bounds): readonly Diagnosis[] {
  const path = join(configuration.home, POLICY_FILE);
  if (!existsSync(path)) return [];
  const policy = readPolicy(readFileSync(path, 'utf8'), configuration.settings.POLICY);
  if (!('ok' in policy)) return [];
  return Object.entries(policy.ok.roles).flatMap(([role, forRole]) =>
    (forRole?.folders ?? []).flatMap((folder): readonly Diagnosis[] => {
      const found = resolveFolder(folder, bounds);
      if (found.kind === 'ok') return [];
      return [
        {
          name: 'folders',
          state: 'warning',
          text: `${folder}, of the ${role} in ${POLICY_FILE}, ${OBJECTIONS[found.kind]}, and is left out`,
          remedy: `Correct it there, or set PROJECT_ROOTS.`,
        },
      ];
    }),
  );
}
