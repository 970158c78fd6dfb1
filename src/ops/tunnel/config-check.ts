import { ClaudioError } from '../../core/error.ts';
import type { Host } from '../../platform/host.ts';
import { describeRun } from '../../platform/process/run.ts';
import type { TunnelRoute } from './config-file.ts';

/**
 * Has cloudflared itself judge a configuration: its form, and where a webhook and everything else go.
 *
 * @throws ClaudioError `tunnel.config-refused`
 */
export async function checkConfig(
  host: Host,
  cloudflared: string,
  file: string,
  { named, port, webhookPaths }: TunnelRoute,
): Promise<void> {
  const ask = async (...args: readonly string[]) =>
    await host.run(cloudflared, ['tunnel', `--config=${file}`, 'ingress', ...args]);
  const refused = (why: string) =>
    new ClaudioError({
      code: 'tunnel.config-refused',
      message: `cloudflared does not take the configuration in ${file}: ${why}.`,
      hint: 'Undo changes to cloudflared/config.yml, or update cloudflared, and try again.',
    });

  const validated = await ask('validate');
  // What it does not know it only warns of, and goes on without.
  if (validated.kind !== 'exited' || validated.code !== 0 || !/^OK$/mu.test(validated.stdout)) {
    throw refused(describeRun(validated));
  }
  const base = `https://${named?.hostname ?? 'any.trycloudflare.com'}`;
  const expected: readonly (readonly [string, string])[] = [
    ...webhookPaths.map((path) => [path, `http://127.0.0.1:${port}`] as const),
    ['/health', 'http_status:404'],
  ];
  for (const [path, service] of expected) {
    const outcome = await ask('rule', `${base}${path}`);
    const found =
      outcome.kind === 'exited' && outcome.code === 0
        ? /^\s*service: (\S+)$/mu.exec(outcome.stdout)?.[1]
        : undefined;
    if (found === service) continue;
    throw refused(`${path} would go to ${found ?? 'nobody knows where'} and not to ${service}`);
  }
}
