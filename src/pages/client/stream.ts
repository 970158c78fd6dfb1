import { applyPatch, takeOut, type Patch } from './patch.ts';

const RETRY_MS = 1000;
const UNAUTHORIZED = 401;
/** The server sends something every 15 seconds: a stream that was silent for so long is broken. */
const SILENT_MS = 40_000;
const LOOK_EVERY_MS = 5000;
/** How long an answer is waited for. */
const ANSWER_MS = 10_000;

/**
 * Keeps the page up to date with a stream of patches, for as long as somebody looks at it: a browser has
 * few connections to a host, and each open stream takes one. Says so while the stream is broken off or has
 * gone silent, as it has when the machine slept, and comes back by itself. When the session is over, the page is loaded anew and so shows the way in.
 */
export function followStream(url: string): void {
  let source: EventSource | null = null;
  let timer: number | undefined;
  let isLeaving = false;
  let heardAtMs = 0;

  const close = (): void => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };

  const hear = (): void => {
    heardAtMs = nowMs();
  };

  const open = (): void => {
    close();
    hear();
    const current = new EventSource(url);
    source = current;
    current.addEventListener('open', () => {
      hear();
      showAway(false);
    });
    current.addEventListener('beat', hear);
    current.addEventListener('patch', ({ data }: MessageEvent<string>) => {
      hear();
      applyPatch(JSON.parse(data) as Patch);
      document.dispatchEvent(new CustomEvent('patched'));
    });
    current.addEventListener('whole', ({ data }: MessageEvent<string>) => {
      hear();
      takeOut(new Set(JSON.parse(data) as string[]));
      document.dispatchEvent(new CustomEvent('patched'));
    });
    current.addEventListener('error', () => {
      if (source === current && !isLeaving) brokenOff(current);
    });
  };

  const brokenOff = (current: EventSource): void => {
    showAway(true);
    // Otherwise the browser tries again by itself.
    if (current.readyState === EventSource.CLOSED) void comeBack(current);
  };

  /** Asks again and again why there is no stream: a stream that failed does not tell. */
  const comeBack = async (broken: EventSource): Promise<void> => {
    const status = await statusOf(url);
    if (source !== broken) return;
    if (status === UNAUTHORIZED) location.reload();
    else if (status === 200) open();
    else timer = setTimeout(() => void comeBack(broken), RETRY_MS);
  };

  const noticeSilence = (): void => {
    if (source === null || source.readyState === EventSource.CLOSED) return;
    const silentMs = nowMs() - heardAtMs;
    // The clock was put back.
    if (silentMs < 0) hear();
    if (silentMs < SILENT_MS) return;
    source.close();
    brokenOff(source);
  };

  const look = (): void => {
    if (document.visibilityState === 'hidden') close();
    else if (source === null) open();
    else noticeSilence();
  };
  setInterval(noticeSilence, LOOK_EVERY_MS);
  document.addEventListener('visibilitychange', look);
  addEventListener('pagehide', close);
  addEventListener('pageshow', look);
  // Leaving breaks the stream off before the page is gone; but a link to a download does not lead away.
  addEventListener('beforeunload', () => {
    isLeaving = true;
    setTimeout(() => {
      isLeaving = false;
      if (source !== null && source.readyState !== EventSource.OPEN) brokenOff(source);
    }, RETRY_MS);
  });
  look();
}

function nowMs(): number {
  return new Date().getTime();
}

function showAway(isAway: boolean): void {
  document.querySelector('#away')?.toggleAttribute('hidden', !isAway);
}

/** The status of an answer, which itself is not waited for; 0 where there is none. */
async function statusOf(url: string): Promise<number> {
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), ANSWER_MS);
  try {
    const { status } = await fetch(url, {
      headers: { accept: 'text/event-stream' },
      cache: 'no-store',
      signal: enough.signal,
    });
    return status;
  } catch {
    return 0;
  } finally {
    clearTimeout(timer);
    enough.abort();
  }
}
