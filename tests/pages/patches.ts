import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Fragment, Patch } from '../../src/pages/live.ts';

/** A server-sent event, as it came. */
export interface ServerEvent {
  readonly name: string;
  readonly content: unknown;
}

/** A page, as far as its stream of patches goes. */
export interface Reader {
  /** What is there by now, by ids. */
  readonly page: ReadonlyMap<string, string>;
  readonly events: readonly ServerEvent[];
  /** Reads until the page is so; returns false where the stream ends before. */
  until(isSo: (page: ReadonlyMap<string, string>) => boolean): Promise<boolean>;
  /** Goes away. */
  leave(): Promise<void>;
}

/** Asks a server for a stream, over a connection of its own. */
export async function openPatches(url: string): Promise<Reader> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return read(Readable.toWeb(response));
}

/** Reads a stream of patches as a browser does. */
export function readPatches({ body }: Response): Reader {
  if (body === null) throw new Error('the answer has no body');
  return read(body);
}

function read(body: ReadableStream<Uint8Array>): Reader {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const page = new Map<string, string>();
  const events: ServerEvent[] = [];
  let text = '';

  const take = (block: string): void => {
    const name = /^event: ([^\n]*)$/mu.exec(block)?.[1];
    const data = /^data: ([^\n]*)$/mu.exec(block)?.[1];
    if (name === undefined || data === undefined) return;
    const content: unknown = JSON.parse(data);
    events.push({ name, content });
    if (name !== 'patch') return;
    const { id, html } = content as Patch;
    if (html === null) page.delete(id);
    else page.set(id, html);
  };

  return {
    page,
    events,
    until: async (isSo) => {
      while (!isSo(page)) {
        const { done, value } = await reader.read();
        if (done) return false;
        text += decoder.decode(value, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) take(block);
      }
      return true;
    },
    leave: () => reader.cancel(),
  };
}

/** Something that changes, and those who want to know. */
export interface Changing {
  readonly subscribe: (changed: () => void) => () => void;
  /** How many listen. */
  listenerCount(): number;
  /** Resolves when so many listen. */
  listened(count: number): Promise<void>;
  change(): void;
}

export function createChanging(): Changing {
  const listeners = new Set<() => void>();
  const waiting = new Set<() => void>();
  const counted = () => {
    for (const look of waiting) look();
  };
  return {
    subscribe: (changed) => {
      const listener = () => changed();
      listeners.add(listener);
      counted();
      return () => {
        listeners.delete(listener);
        counted();
      };
    },
    listenerCount: () => listeners.size,
    listened: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (listeners.size !== count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    change: () => {
      for (const listener of listeners) listener();
    },
  };
}

/** Fragments of these texts. */
export function fragmentsOf(texts: Readonly<Record<string, string>>): Map<string, Fragment> {
  return new Map(Object.entries(texts).map(([id, html]) => [id, { html }]));
}
