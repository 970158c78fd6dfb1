import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { ClaudioError, messageOf } from '../../core/error.ts';
import { writePrivateFile } from '../../platform/files.ts';
import { describeRun, type RunOutcome } from '../../platform/process/run.ts';

/** What a service manager did not do, with its own words. */
export function refused(what: string, outcome: RunOutcome, hint: string): ClaudioError {
  return new ClaudioError({
    code: 'service.refused',
    message: `${what}: ${describeRun(outcome)}.`,
    hint,
  });
}

/** The unit of another home is in the way. */
export function otherHome(unitPath: string, other: string): ClaudioError {
  return new ClaudioError({
    code: 'service.other-home',
    message: `The service that is installed here is for another home: ${other} (${unitPath}).`,
    hint: `There is one service a user. To change over: \`CLAUDIO_HOME='${other}' claudio uninstall\`, then install again.`,
  });
}

/**
 * Writes a unit file, and the folders that it lies in.
 *
 * @throws ClaudioError `service.refused`
 */
export function writeUnit(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writePrivateFile(path, text);
  } catch (error) {
    throw new ClaudioError({
      code: 'service.refused',
      message: `${path} cannot be written: ${messageOf(error)}.`,
      hint: 'Make the folder writable for you, and see that the disk is not full.',
      cause: error,
    });
  }
}
