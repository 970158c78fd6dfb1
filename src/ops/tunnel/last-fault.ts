/** Finds in a stream of output what cloudflared complained of last. */
export interface LastFault {
  take(text: string): void;
  /** `null` where there was no complaint since the last {@link forget}. */
  said(): string | null;
  forget(): void;
}

/** zerolog's console form: `2026-11-21T10:00:00Z ERR Something failed error="…" connIndex=0`. */
const LINE = /^\d{4}-\d\d-\d\dT\S+ (?:\S*m)?([A-Z]{3})(?:\S*m)? (.*)$/u;
/** Go's own log, through which a library says what is no fault: `2026/11/21 10:00:00 …`. */
const LIBRARY_LINE = /^\d{4}\/\d\d\/\d\d /u;
const FIELD = / (\w+)=(?:"((?:[^"\\]|\\.)*)"|\S*)/gu;
const MAX_HELD_CHARACTERS = 16_384;

/** Remembers the last error line; the line without a time with which cloudflared ends counts as well. */
export function createLastFault(): LastFault {
  let rest = '';
  let last: string | null = null;

  const read = (line: string): void => {
    const [, level, text] = LINE.exec(line) ?? [];
    if (level === undefined || text === undefined) {
      if (line.trim() !== '' && !LIBRARY_LINE.test(line)) last = line.trim();
      return;
    }
    // What follows after its first fault when it gives up.
    if ((level !== 'ERR' && level !== 'FTL') || text.startsWith('Initiating shutdown')) return;
    const error = [...text.matchAll(FIELD)].find(([, name]) => name === 'error')?.[2];
    const message = text.replaceAll(FIELD, '').trim();
    last = error === undefined ? message : `${message}: ${error.replaceAll('\\"', '"')}`;
  };
  return {
    take: (text) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(-MAX_HELD_CHARACTERS);
      for (const line of lines) read(line);
    },
    said: () => last,
    forget: () => {
      last = null;
    },
  };
}
