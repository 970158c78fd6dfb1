import type { Finding } from '../../core/finding.ts';

/** What is to be run as a service. All paths absolute. */
export interface ServiceUnit {
  /** The Node to run it with. */
  readonly nodePath: string;
  /** `dist/src/bin.js` of this installation. */
  readonly programPath: string;
  /** The folder of this installation. */
  readonly root: string;
  readonly claudioHome: string;
  /** The PATH that the service gets, so that it finds what the person's shell finds. */
  readonly path: string;
  /** From the polite request to stop until it is killed. */
  readonly stopLimitMs: number;
}

/** How the service stands. */
export interface ServiceState {
  /** The unit is there. */
  readonly isInstalled: boolean;
  /** `$CLAUDIO_HOME` that the unit is for; `null` where it is not there, or does not tell. */
  readonly claudioHome: string | null;
  /** The PATH that the unit gives it; `null` where it is not there, or does not tell. */
  readonly path: string | null;
  readonly isRunning: boolean;
  /** It is just being stopped, by whomever; launchd does not tell. Then it counts as running too. */
  readonly isStopping: boolean;
  /**
   * It does not run because somebody stopped it, or never started it: systemd has it as inactive and not
   * as failed, launchd has it not loaded. Not so after a crash, however often it was tried again.
   */
  readonly wasStopped: boolean;
  /** It starts with the machine, or with the login. */
  readonly isEnabled: boolean;
  /** It goes on while nobody is logged in (lingering); `null` where that is not a question. */
  readonly survivesLogout: boolean | null;
}

/** What starts, watches and stops the service: systemd for the user on Linux, launchd on macOS. */
export interface ServiceManager {
  readonly name: 'systemd' | 'launchd';
  readonly unitPath: string;
  state(): Promise<ServiceState>;
  /**
   * Writes the unit, enables it and lets it outlive a logout; does not start it. Changes nothing the
   * second time.
   *
   * @returns What was done and what should be seen, such as lingering that could not be had.
   * @throws ClaudioError `service.other-home` where the unit of another home is there,
   * `service.refused` with what the service manager said.
   */
  install(unit: ServiceUnit): Promise<{
    readonly outcome: 'installed' | 'updated' | 'unchanged';
    readonly findings: readonly Finding[];
  }>;
  /** Stops and removes it; lingering too, where no other unit of the user's is enabled. */
  uninstall(): Promise<'removed' | 'absent'>;
  /** Each resolves when the service manager says that it is done. @throws ClaudioError `service.refused` */
  start(): Promise<void>;
  /** Afterwards {@link ServiceState.wasStopped} holds, also where it had failed before or fails at its end. */
  stop(): Promise<void>;
  /** Also where it was tried too often before (`systemctl reset-failed`). */
  restart(): Promise<void>;
}
