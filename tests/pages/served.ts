import { Hono } from 'hono';
import { raw } from 'hono/html';
import { jsx } from 'hono/jsx';
import { onTestFinished } from 'vitest';
import { listen, type HttpServer } from '../../src/http/server.ts';
import { createAssets } from '../../src/pages/assets.ts';
import { streamPatches, type Fragment } from '../../src/pages/live.ts';
import { Page } from '../../src/pages/page.tsx';
import { guardPages } from '../../src/pages/security.ts';
import { freePort } from '../support/free-port.ts';
import { htmlOf } from './html.tsx';
import { createChanging, type Changing } from './patches.ts';

const LONG_MS = 600_000;

/** An answer to a form. */
export interface Answer {
  readonly status: 303 | 400 | 401 | 500 | 503;
  readonly text: string;
}

/** A page that is open in a browser, while a test changes what it shows. */
export interface ServedPage extends Changing {
  readonly url: string;
  /**
   * Says what is in `#content`, and what is put into `#parts`, or another list, by ids: HTML. The mark,
   * which stands for itself on the page, tells when the page has it.
   */
  show(
    content: string,
    parts?: Readonly<Record<string, string>>,
    mark?: string,
    into?: string,
  ): void;
  /** What the stream is answered with from now on; `null`: the stream. 401 goes for the page, too. */
  refuse(status: 401 | 503 | null): void;
  /** Whoever asks for the stream from now on hears nothing, until `false`: then the next do. */
  hang(isHung: boolean): void;
  /** Stops the server; streams break off. */
  stop(): Promise<void>;
  /** Starts it again where it was. */
  start(): Promise<void>;
  /** The fields that were posted, newest last. */
  readonly posted: readonly Readonly<Record<string, unknown>>[];
  /** What the next posts get, each when its promise is kept; without one a post gets 303. */
  readonly answers: Promise<Answer>[];
}

/** An answer that is kept back. */
interface Held {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** @param options.beatMs As in `PatchSource`; longer than any test unless given. */
export async function servePage(options: { readonly beatMs?: number } = {}): Promise<ServedPage> {
  const changing = createChanging();
  const posted: Record<string, unknown>[] = [];
  const answers: Promise<Answer>[] = [];
  let [content, mark, into] = ['', '0', 'parts'];
  let parts: Readonly<Record<string, string>> = {};
  let refused: 401 | 503 | null = null;
  let ended = new AbortController();
  let held: Held | null = null;
  let hung: Held | null = null;
  let server: HttpServer | null = null;
  const port = await freePort();

  const contentNow = () => `<div id="content">${content}</div>`;
  const markNow = () => `<i id="mark">${mark}</i>`;
  const fragments = () =>
    new Map<string, Fragment>([
      ['content', { html: contentNow() }],
      ...Object.entries(parts).map(([id, html]) => [id, { html, into }] as const),
      ['mark', { html: markNow() }],
    ]);
  const pageNow = async (): Promise<string> => {
    const inList = into === 'parts' ? Object.values(parts).join('') : '';
    const list = `<ul id="parts" data-parts>${inList}</ul>`;
    const items = [
      { path: '/', label: 'This' },
      { path: '/other', label: 'Other' },
    ];
    return await htmlOf(
      jsx(
        Page,
        { title: 'Page', nav: { items, current: '/' }, live: '/live', children: null },
        jsx('h1', {}, 'Page'),
        raw(`${contentNow()}${list}${markNow()}`),
      ),
    );
  };

  const app = new Hono();
  app.use(guardPages(() => port));
  app.route('/', createAssets());
  app.get('/', async (context) =>
    refused === 401 ? context.html(plain('Way in'), 401) : context.html(await pageNow()),
  );
  app.get('/other', (context) => context.html(plain('Other')));
  app.get('/live', async (context) => {
    if (hung !== null) {
      await hung.promise;
      return context.text('too late', 503);
    }
    return refused === null
      ? streamPatches(context, {
          subscribe: changing.subscribe,
          render: fragments,
          ended: ended.signal,
          beatMs: options.beatMs ?? LONG_MS,
          onFault: (error) => {
            throw error;
          },
        })
      : context.text('refused', refused);
  });
  app.post('/post', async (context) => {
    posted.push(await context.req.parseBody());
    const { status, text } = (await answers.shift()) ?? { status: 303, text: '' };
    return status === 303 ? context.redirect('/other', 303) : context.text(text, status);
  });

  const served: ServedPage = {
    ...changing,
    posted,
    answers,
    get url() {
      return `http://127.0.0.1:${port}/`;
    },
    show: (html, now = {}, newMark = '0', list = into) => {
      [content, parts, mark, into] = [html, now, newMark, list];
      changing.change();
    },
    refuse: (status) => {
      refused = status;
    },
    hang: (isHung) => {
      if (isHung) hung ??= Promise.withResolvers();
      // Who asked before goes on waiting.
      else [hung, held] = [null, hung ?? held];
    },
    stop: async () => {
      ended.abort();
      (hung ?? held)?.resolve();
      await server?.close();
      server = null;
    },
    start: async () => {
      ended = new AbortController();
      server = await listen(app, port);
    },
  };
  await served.start();
  onTestFinished(() => served.stop());
  return served;
}

function plain(title: string): string {
  return `<!doctype html><title>${title}</title><link rel="icon" href="data:,"><h1>${title}</h1>`;
}
