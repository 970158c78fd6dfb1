import { Hono, type Context } from 'hono';
import { type ActOutcome, type ActRefusal, type Acts, HINDRANCES } from './acts.ts';
import { Frame } from './frame.tsx';
import { createNowLists, type NowParts } from './now-lists.tsx';
import { TOLD } from './now-rows.tsx';

const NOT_DONE = {
  'too-late': 'That was too late: it is no longer as it was when you looked.',
  full: 'The queue of that conversation is full. Try again when it is shorter.',
  budget: 'The budget is used up, so nothing was started.',
  ...HINDRANCES,
} as const satisfies Record<ActRefusal | 'too-late', string>;

const ID = '[1-9]\\d{0,14}';

/** What runs, what waits and what went wrong, and what the owner does about it. */
export function nowPage(parts: NowParts & { readonly acts: Acts }): Hono {
  const lists = createNowLists(parts);
  const app = new Hono();

  app.get('/', (context) =>
    context.html(
      <Frame title="Now" current="/" live="/live/now">
        <h1>Now</h1>
        <Told code={context.req.query('told') ?? ''} />
        {[...lists().values()]}
      </Frame>,
    ),
  );

  app.post(`/turns/:id{${ID}}/:act{stop|cancel|retry|discard}`, (context) => {
    const { id, act } = context.req.param();
    return answer(context, act, Number(id));
  });
  app.post(`/deliveries/:id{${ID}}/:act{resend|dismiss}`, (context) => {
    const { id, act } = context.req.param();
    return answer(context, act, Number(id));
  });

  const answer = (context: Context, act: string, id: number) => {
    if (!isAct(act)) return context.notFound();
    const outcome = parts.acts[act](id);
    if (outcome.kind !== 'done' && isQuiet(context)) return context.text(sentenceOf(outcome), 409);
    return context.redirect(`/?told=${codeOf(act, outcome)}`, 303);
  };
  return app;
}

const Told = ({ code }: { readonly code: string }) => {
  if (isAct(code)) {
    return (
      <p class="card" role="status">
        {TOLD[code]}
      </p>
    );
  }
  if (!isNotDone(code)) return null;
  return (
    <p class="card" role="alert">
      {NOT_DONE[code]}
    </p>
  );
};

function isAct(word: string): word is keyof Acts {
  return Object.hasOwn(TOLD, word);
}

function isNotDone(code: string): code is keyof typeof NOT_DONE {
  return Object.hasOwn(NOT_DONE, code);
}

function codeOf(act: keyof Acts, outcome: ActOutcome): string {
  if (outcome.kind === 'done') return act;
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

function sentenceOf(outcome: Exclude<ActOutcome, { kind: 'done' }>): string {
  return outcome.kind === 'refused' ? outcome.reason : NOT_DONE[outcome.kind];
}

/** Whether the script of the page asks, which stays where it is, and not the browser that leaves it. */
function isQuiet(context: Context): boolean {
  const mode = context.req.header('sec-fetch-mode');
  return mode !== undefined && mode !== 'navigate';
}
