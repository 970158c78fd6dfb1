/** Calls back after a time without a sign of life. */
export interface IdleTimer {
  /** A sign of life. */
  touch(): void;
  /** The time from here to {@link IdleTimer.resume} does not count. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/**
 * Starts at once and fires at most once. Time that the machine spends asleep does not count.
 *
 * @param isExcused Asked when it would fire: while it says true, the time starts anew instead.
 */
export function createIdleTimer(
  limitMs: number,
  isExcused: () => boolean,
  onIdle: () => void,
): IdleTimer {
  let timer: NodeJS.Timeout | null = setTimeout(fire, limitMs);
  let isPaused = false;

  function fire(): void {
    // Output may have queued up behind a reader that was held up: a fresh start tells.
    if (isPaused || isExcused()) timer?.refresh();
    else {
      timer = null;
      onIdle();
    }
  }

  return {
    touch: () => void timer?.refresh(),
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      timer?.refresh();
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
