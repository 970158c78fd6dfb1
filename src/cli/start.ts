import { flushCompileCache } from 'node:module';
import { isatty } from 'node:tty';
import { createService, type Service } from '../app/service.ts';
import { ClaudioError } from '../core/error.ts';
import { processEnvironment } from '../platform/configuration/load.ts';
import { within } from '../platform/process/within.ts';
import { lifelineCut } from '../playground/lifeline.ts';

/** The exit code for a configuration that has to be corrected first, as in sysexits.h. */
const EXIT_CONFIG = 78;
/** For what runs to be stopped when there is nobody left to report to. */
const CUT_LIMIT_MS = 5_000;

/**
 * Runs the service until TERM or INT. A first signal lets running turns finish, a second one does not.
 * One that comes during the start counts when the service has started. HUP lets it take its configuration
 * anew; where it was started in a terminal that is gone now, HUP says just that, and is a request to stop.
 * The service of a playground stops at once, with all that it runs, when that playground is gone.
 *
 * @returns The exit code: 0 after a stop in good order, 78 for a wrong configuration, else 1; `restart`
 * where the program is to be started again in its place.
 */
export async function start(): Promise<number | 'restart'> {
  const asked = Promise.withResolvers<'asked'>();
  const askedAgain = Promise.withResolvers<'asked again'>();
  let signalCount = 0;
  const onSignal = () => {
    signalCount += 1;
    if (signalCount === 1) asked.resolve('asked');
    else askedAgain.resolve('asked again');
  };
  const stdin = 0;
  const isInTerminal = isatty(stdin);
  let service: Service | undefined;
  let isReloadDue = false;
  const onHangUp = () => {
    if (isInTerminal && !isatty(stdin)) onSignal();
    else if (service === undefined) isReloadDue = true;
    else service.reload();
  };
  process.on('SIGHUP', onHangUp);
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    const environment = processEnvironment();
    const cut = lifelineCut(environment);
    const starting = createService(environment);
    const started = await Promise.race([starting, askedAgain.promise, cut]);
    if (started === 'asked again' || started === 'cut') return 1;
    service = started;
    // Node keeps what it compiled when a process ends well. The next start is as quick after a kill.
    flushCompileCache();
    if (isReloadDue) service.reload();
    const why = await Promise.race([
      asked.promise,
      service.restartWanted.then(() => 'restart' as const),
      cut,
    ]);
    if (why !== 'cut') {
      const impatience = await Promise.race([service.stop(), askedAgain.promise, cut]);
      if (impatience === undefined) {
        // A signal that came meanwhile means what it always means.
        return why === 'restart' && signalCount === 0 ? 'restart' : 0;
      }
      if (impatience === 'asked again') {
        await service.stopNow();
        return 1;
      }
    }
    await within(CUT_LIMIT_MS, service.stopNow());
    return 1;
  } catch (error) {
    if (!(error instanceof ClaudioError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint}\n`);
    return error.code === 'config.invalid' ? EXIT_CONFIG : 1;
  }
}
