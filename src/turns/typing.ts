/** The sign that an answer is being worked on, with rests. */
export interface Typing {
  rest(): void;
  goOn(): void;
  /** For good. */
  end(): void;
}

/** @param show Starts the sign; what it returns ends it. */
export function createTyping(show: () => () => void): Typing {
  let hide: (() => void) | null = show();
  let isOver = false;
  const rest = (): void => {
    hide?.();
    hide = null;
  };
  return {
    rest,
    goOn: () => {
      if (!isOver) hide ??= show();
    },
    end: () => {
      isOver = true;
      rest();
    },
  };
}
