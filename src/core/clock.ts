/** The port through which everything learns the time, so that tests can own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. People and time servers set it, so it may jump either way. */
  now(): number;
  /** Milliseconds since some moment, on a clock that only goes forward: for ages within one process. */
  elapsed(): number;
}
