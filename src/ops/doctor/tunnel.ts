import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeRun } from '../../platform/process/run.ts';
import { tunnelFinding } from '../status/tunnel.ts';
import type { View } from '../status/site.ts';
import { credentialsFile, readCredentials } from '../tunnel/credentials.ts';
import { findCloudflared } from '../tunnel/locate.ts';
import type { Diagnosis } from './diagnosis.ts';

const LIMIT_MS = 8000;
const SETUP = '`claudio tunnel setup` sets it up anew.';

/** Whether cloudflared is there, has what it needs, and is connected. */
export async function tunnelDiagnoses(view: View): Promise<readonly Diagnosis[]> {
  const { settings, home } = view.configuration;
  const tunnel = tunnelFinding(view);
  if (settings.TUNNEL_NAME === undefined && !settings.TUNNEL_QUICK) return [tunnel];
  const found = await findCloudflared(view.host, settings.CLOUDFLARED_BIN);
  const name = 'cloudflared';
  if (found.kind !== 'found') {
    return [{ name, state: 'failed', text: found.reason, remedy: found.remedy }, tunnel];
  }
  return [
    { name, state: 'ok', text: `version ${found.version}, ${found.path}` },
    ...(settings.TUNNEL_QUICK ? [] : [credentialsDiagnosis(home)]),
    ...(await configDiagnoses(view, found.path)),
    tunnel,
  ];
}

function credentialsDiagnosis(home: string): Diagnosis {
  const name = 'credentials';
  const file = credentialsFile(home);
  const credentials = readCredentials(file);
  switch (credentials.kind) {
    case 'read':
      return { name, state: 'ok', text: `of the tunnel ${credentials.tunnelId}` };
    case 'missing':
      return { name, state: 'failed', text: `there is no ${file}`, remedy: SETUP };
    case 'unusable':
      return { name, state: 'failed', text: credentials.reason, remedy: SETUP };
  }
}

/** The service makes the file at each start, so it may not be there yet. */
async function configDiagnoses({ host, configuration }: View, program: string) {
  const name = 'rules';
  const file = join(configuration.home, 'cloudflared.yml');
  if (!existsSync(file)) return [];
  const args = ['tunnel', '--config', file, 'ingress', 'validate'];
  const outcome = await host.run(program, args, { limitMs: LIMIT_MS });
  const isValid = outcome.kind === 'exited' && outcome.code === 0;
  const diagnosis: Diagnosis = isValid
    ? { name, state: 'ok', text: `valid, ${file}` }
    : {
        name,
        state: 'failed',
        text: `cloudflared refuses ${file}: ${describeRun(outcome)}`,
        remedy: '`claudio restart` makes it anew.',
      };
  return [diagnosis];
}
