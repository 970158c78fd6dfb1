import { createServiceManager, serviceUnit } from '../ops/service/create.ts';
import type { UpdateOutcome, UpdateParts } from '../ops/update/run.ts';
import { lookForRelease, update as updateTo } from '../ops/update/update.ts';
import { inspectConfiguration, type Inspection } from '../platform/configuration/load.ts';
import type { Host } from '../platform/host.ts';
import { createHttpClient, type HttpClient } from '../platform/http-client.ts';
import { packageRoot, packageVersion } from '../platform/package.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';

// Everything that this needs is loaded before it begins: in the end it stands in a folder whose files
// are those of another release.

/** `claudio update`: 0 where this is the newest release then, 1 where the newest one is not here or not well. */
export async function update(
  context: CliContext,
  options: CommonOptions & { readonly check?: boolean },
): Promise<number> {
  const version = packageVersion();
  if (options.check === true) return await check(context, version, options.json === true);
  const http = createHttpClient();
  const broken = breakOff(context);
  try {
    const outcome = await updateTo({
      ...updateParts(context.host, inspectConfiguration(context.environment), http),
      signal: broken.signal,
      tell: (text) => context.ui.say(`… ${text}`),
      warn: (text) => context.ui.warn(text),
    });
    if (options.json === true) context.print(JSON.stringify(outcome));
    return conclude(context, outcome);
  } finally {
    broken.end();
    await http.close();
  }
}

/** What an update of this installation works with. */
export function updateParts(
  host: Host,
  { home, settings, faults }: Inspection,
  http: HttpClient,
): Omit<UpdateParts, 'signal' | 'tell' | 'warn'> {
  return {
    host,
    http,
    service: createServiceManager(host),
    unit: (installedPath) => serviceUnit(host, home, installedPath),
    root: packageRoot(),
    home,
    port: settings.PORT,
    isConfigured: faults.length === 0,
    nodePath: process.execPath,
    version: packageVersion(),
  };
}

async function check(context: CliContext, version: string, isJson: boolean): Promise<number> {
  const { newest, isNewer } = await lookForRelease(context.host, packageRoot(), version);
  const available = isNewer ? (newest?.version ?? null) : null;
  if (isJson) context.print(JSON.stringify({ version, available }));
  else if (newest === null) context.ui.say(`No release is out yet; this is Claudio ${version}.`);
  else if (available === null) context.ui.done(`Claudio ${version} is the newest release.`);
  else
    context.ui.say(
      `Claudio ${available} is there; this is ${version}. \`claudio update\` brings it.`,
    );
  return EXIT.ok;
}

function conclude({ ui }: CliContext, outcome: UpdateOutcome): number {
  switch (outcome.kind) {
    case 'up-to-date':
      ui.done(`Claudio ${outcome.version} is the newest release.`);
      return EXIT.ok;
    case 'updated':
      ui.done(
        outcome.isRunning
          ? `Claudio ${outcome.to} runs, and is well.`
          : `Claudio ${outcome.to} is here in the place of ${outcome.from}. The service did not run, so it was not started.`,
      );
      return EXIT.ok;
    case 'went-back':
      ui.fail(
        `Claudio ${outcome.to} was left; ${outcome.from} is here as before, and nothing is lost: ${outcome.reason}.`,
      );
      ui.say('`claudio status` tells how it is. The next `claudio update` tries again.');
      return EXIT.failed;
    case 'stayed':
      ui.fail(
        `Claudio ${outcome.to} is here, and is not well: ${outcome.reason}. It has taken messages in already, which ${outcome.from} could not read, so it was left.`,
      );
      ui.say('`claudio doctor` looks at what is wrong; `claudio log` tells more.');
      return EXIT.failed;
  }
}

/**
 * Ctrl-C breaks it off as long as nothing was touched, and after that lets it come to its end: so does
 * the end of the terminal.
 */
function breakOff({ ui }: CliContext) {
  const controller = new AbortController();
  const onInterrupt = (): void => {
    controller.abort();
    ui.say('It ends as soon as nothing is left half done.');
  };
  const goOn = (): void => controller.abort();
  const outputs = [process.stdout, process.stderr];
  process.on('SIGINT', onInterrupt).on('SIGTERM', onInterrupt).on('SIGHUP', goOn);
  // A terminal that is gone takes no more words, which is no reason to stop half way.
  for (const output of outputs) output.on('error', goOn);
  return {
    signal: controller.signal,
    end: () => {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt).off('SIGHUP', goOn);
      for (const output of outputs) output.off('error', goOn);
    },
  };
}
