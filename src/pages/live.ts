import type { Context } from 'hono';
import { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** Elements of a page that are kept up to date, by their ids. */
export type Fragments = ReadonlyMap<string, Fragment>;

export interface Fragment {
  /** The whole element, with its id. */
  readonly html: string;
  /**
   * The id of the element to put it at the end of, where it is not there yet; left out: it always is.
   * That element carries `data-parts`: what is in it comes and goes by patches alone, and a page takes
   * out of it what went while it was away.
   */
  readonly into?: string;
}

/** What a page is told: an element is this now, or is gone. Sent as the JSON of a server-sent event `patch`. */
export type Patch =
  | { readonly id: string; readonly html: string; readonly into?: string }
  | { readonly id: string; readonly html: null };

/** Tells of changes until what it returns is called. */
export type Subscribe = (changed: () => void) => () => void;

/** How soon a browser comes back when the stream broke off. */
const RETRY_MS = 1000;
/** A page is told what has changed no more often than that. */
const EVERY_MS = 50;
/** A page that has heard nothing new for so long is told that the service is there. */
const BEAT_MS = 15_000;
/** How long a page may take for what it was sent, once the stream has ended. */
const LAST_WORDS_MS = 500;

/** What a stream of patches is made from. */
export interface PatchSource {
  readonly subscribe: Subscribe;
  readonly render: () => Fragments;
  /** Ends the stream: the service stops. */
  readonly ended: AbortSignal;
  /** How long nothing new is told before a beat is; 15 seconds unless given. */
  readonly beatMs?: number;
  /** Told what `render` threw once the stream had begun. That ends the stream, and the page comes back. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Answers with a stream of server-sent events: all fragments at first and then, as an event `whole`, the
 * ids of all of them; from then on each that has changed, and an event `beat` where nothing has for a while. However many changes there are, a page gets no
 * more than it can take, and ends with the last state. Nothing is listened to for a reader that is gone.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * @throws What `render` throws before anything is answered.
 */
export function streamPatches(context: Context, source: PatchSource): Response {
  const body = patchStream(source, () => cutOff(context));
  return context.body(body, 200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  });
}

function patchStream(source: PatchSource, cut: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const over = new AbortController();
  const sent = new Map<string, string>();
  const look = () => eventsOf(patchesSince(sent, source.render()));
  const first = `retry: ${RETRY_MS}\n\n${look()}${eventOf('whole', [...sent.keys()])}`;
  let unsubscribe: (() => void) | undefined;
  let changed = Promise.withResolvers<void>();
  let rested: Promise<unknown> = Promise.resolve();
  const wake = () => changed.resolve();
  // Nobody listened since the first look.
  wake();

  const release = () => {
    over.abort();
    unsubscribe?.();
    wake();
  };
  const end = (controller: ReadableStreamDefaultController) => {
    release();
    controller.close();
    // Who does not read what was sent would never come to the end, and would keep the server from closing.
    setTimeout(cut, LAST_WORDS_MS).unref();
  };
  const begin = (controller: ReadableStreamDefaultController) => {
    const stop = () => end(controller);
    const endSubscription = source.subscribe(wake);
    unsubscribe = () => {
      endSubscription();
      source.ended.removeEventListener('abort', stop);
    };
    controller.enqueue(encoder.encode(first));
    // Taken back above, and not by a `signal`: of several listeners of one target, Node 24.21 keeps but the last one's.
    source.ended.addEventListener('abort', stop);
    if (source.ended.aborted) end(controller);
  };
  /** What has changed, or a beat; waits until there is either. `null` when it is over. */
  const next = async (): Promise<string | null> => {
    const beat = { isDue: false };
    const timer = setTimeout(() => {
      beat.isDue = true;
      wake();
    }, source.beatMs ?? BEAT_MS);
    try {
      for (;;) {
        await changed.promise;
        await rested;
        if (over.signal.aborted) return null;
        // Before the look, so that no change comes unseen between the two.
        changed = Promise.withResolvers();
        rested = pause(EVERY_MS);
        const text = look();
        if (text !== '') return text;
        if (beat.isDue) return eventOf('beat', null);
      }
    } finally {
      clearTimeout(timer);
    }
  };

  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (unsubscribe === undefined) return begin(controller);
        try {
          const text = await next();
          if (text !== null) controller.enqueue(encoder.encode(text));
        } catch (error) {
          end(controller);
          source.onFault(error);
        }
        return undefined;
      },
      cancel: release,
    },
    // A piece is made when the one before was taken, and is all that has changed since.
    { highWaterMark: 0 },
  );
}

function patchesSince(sent: Map<string, string>, fragments: Fragments): readonly Patch[] {
  const patches: Patch[] = [];
  for (const id of sent.keys()) {
    if (fragments.has(id)) continue;
    sent.delete(id);
    patches.push({ id, html: null });
  }
  for (const [id, { html, into }] of fragments) {
    if (sent.get(id) === html) continue;
    sent.set(id, html);
    patches.push({ id, html, ...(into === undefined ? {} : { into }) });
  }
  return patches;
}

function eventsOf(patches: readonly Patch[]): string {
  return patches.map((patch) => eventOf('patch', patch)).join('');
}

function eventOf(name: string, content: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(content)}\n\n`;
}

/** Closes the connection, where there is one. */
function cutOff(context: Context): void {
  const env: unknown = context.env;
  if (typeof env !== 'object' || env === null || !('outgoing' in env)) return;
  if (env.outgoing instanceof ServerResponse) env.outgoing.destroy();
}
