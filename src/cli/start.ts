import { createService } from '../app/service.ts';
import { ClaudioError } from '../core/error.ts';
import { loadConfiguration, processEnvironment } from '../platform/configuration/load.ts';

/** The exit code for a configuration that has to be corrected first, as in sysexits.h. */
const EXIT_CONFIG = 78;

/**
 * Runs the service until TERM or INT. A first signal lets running turns finish, a second one does not.
 *
 * @returns The exit code: 0 after a stop in good order, 78 for a wrong configuration, else 1.
 */
export async function start(): Promise<number> {
  try {
    const service = await createService(loadConfiguration(processEnvironment()));
    return await new Promise<number>((resolve, reject) => {
      let asked = false;
      const onSignal = () => {
        if (asked) {
          service.stopNow().then(() => resolve(1), reject);
        } else {
          asked = true;
          service.stop().then(() => resolve(0), reject);
        }
      };
      process.on('SIGTERM', onSignal);
      process.on('SIGINT', onSignal);
    });
  } catch (error) {
    if (!(error instanceof ClaudioError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint}\n`);
    return error.code === 'config.invalid' ? EXIT_CONFIG : 1;
  }
}
