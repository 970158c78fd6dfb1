import { isSameFolder } from '../../platform/files.ts';
import type { ServiceManager } from '../service/service-manager.ts';

/** The service of one home, where a command must have it out of the way for a while. */
export interface RestingService {
  /** `absent`: it is not installed for this home. */
  state(): Promise<'running' | 'stopped' | 'absent'>;
  /** Stops it if it runs, also when it was started meanwhile. */
  rest(): Promise<void>;
  /** Starts what rests, or restarts what runs, so that it takes new settings. */
  begin(): Promise<void>;
  /** Starts it again if it still rests: for the end of a command, however that came. */
  wake(): Promise<void>;
}

/** @param manager `null` where there is none on this machine. */
export function createRestingService(manager: ServiceManager | null, home: string): RestingService {
  let rests = false;
  const state = async () => {
    const found = await manager?.state();
    if (found?.isInstalled !== true) return null;
    // A unit that does not tell its home is an old one, from when there was one home.
    const isOwn = found.claudioHome === null || isSameFolder(found.claudioHome, home);
    return isOwn ? found : null;
  };
  return {
    state: async () => {
      const found = await state();
      if (found === null) return 'absent';
      return found.isRunning ? 'running' : 'stopped';
    },
    rest: async () => {
      if ((await state())?.isRunning !== true) return;
      // Before, so that it is started again also where only half of the stopping was done.
      rests = true;
      await manager?.stop();
    },
    begin: async () => {
      const found = await state();
      if (found === null) return;
      await (found.isRunning ? manager?.restart() : manager?.start());
      rests = false;
    },
    wake: async () => {
      if (!rests) return;
      await manager?.start();
      rests = false;
    },
  };
}
