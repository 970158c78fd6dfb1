import { join } from 'node:path';
import { createSandbox, type Sandbox } from '../agent/claude/sandbox.ts';
import { userHomeOf, type Configuration } from '../platform/configuration/load.ts';
import { SECRETS_AT_HOME } from '../policy/denied-files.ts';

/** What `SANDBOX` asks for; `null`: nothing. Claudio's own files and the usual secrets are not there inside. */
export function sandboxOf({
  settings,
  home,
  environment,
}: Pick<Configuration, 'settings' | 'home' | 'environment'>): Sandbox | null {
  if (settings.SANDBOX === 'off') return null;
  const userHome = userHomeOf(environment);
  const secrets = SECRETS_AT_HOME.map((name) => join(userHome, name));
  return createSandbox({ env: environment, hidden: [home, ...secrets] });
}
