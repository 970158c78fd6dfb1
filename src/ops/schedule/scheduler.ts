/** Something that is run regularly. */
export interface Schedule {
  readonly name: 'health-check' | 'backup';
  readonly everyMinutes: 5 | 60;
  /** The program and its arguments: an absolute path first. No shell reads them. */
  readonly argv: readonly string[];
  /** Set for it, such as CLAUDIO_HOME and PATH. */
  readonly env: Readonly<Record<string, string>>;
}

/** What runs programs regularly: cron, or timers of the user's own systemd where there is no cron. */
export interface Scheduler {
  readonly kind: 'cron' | 'systemd-timer';
  /** Changes nothing where it is there already as it should be. @throws ClaudioError `schedule.refused` */
  install(schedule: Schedule): Promise<'installed' | 'updated' | 'unchanged'>;
  uninstall(name: Schedule['name']): Promise<'removed' | 'absent'>;
  has(name: Schedule['name']): Promise<boolean>;
}
