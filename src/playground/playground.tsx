import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { messageOf } from '../core/error.ts';
import { createAssets } from '../pages/assets.ts';
import { createEntrance } from '../pages/entrance.tsx';
import { answerInstead, takesPages } from '../pages/instead.tsx';
import { streamPatches } from '../pages/live.ts';
import { Page } from '../pages/page.tsx';
import { guardPages } from '../pages/security.ts';
import { newId } from '../platform/clock.ts';
import { OWNER } from './bot-api/bot-api.ts';
import { Chat } from './chat.tsx';
import { answerFile } from './chat-files.ts';
import { createScreen, type Screen } from './chat-screen.tsx';
import type { Draft } from './composer.tsx';
import { createStageFaults } from './faults.ts';
import { Panel } from './panel.tsx';
import { createPlaygroundSessions } from './playground-sessions.ts';
import { createSender, MAX_FILE_BYTES, MAX_FILE_COUNT, type Outcome } from './send.ts';
import { composedIn, formOf } from './send-form.ts';
import type { Stage } from './stage.ts';
import { PLAYGROUND_STYLES } from './styles.ts';

/** Beside the files: the text and what goes around each of them. */
const FORM_BYTES = 1024 * 1024;
const MAX_BODY_BYTES = MAX_FILE_COUNT * MAX_FILE_BYTES + FORM_BYTES;

const NO_DRAFT: Draft = { reply: null, edit: null, text: '', fault: null };

/**
 * The page of the playground: a chat as on a phone, and beside it what happens on the way of a message.
 *
 * @param parts.key What the link holds that leads in.
 * @param parts.ended Ends what is live.
 */
export function createPlayground(parts: {
  readonly stage: Stage;
  readonly key: string;
  readonly port: () => number;
  readonly ended: AbortSignal;
}): Hono {
  const { stage, ended } = parts;
  const { api } = stage;
  const faults = createStageFaults(stage);
  const sender = createSender(api);
  // The files of another playground on the same port are others.
  const filesPath = `/files/${newId()}`;
  const screen = createScreen({ stage, faults, filesPath, ended });
  const find = (id: number | null) =>
    api.messages(OWNER.id).find(({ messageId }) => messageId === id) ?? null;

  /** Back to the page, or what was refused: as a sentence, or as the page with what was typed. */
  const answer = async (
    context: Context,
    outcome: Outcome,
    draft: Omit<Draft, 'fault'> = NO_DRAFT,
  ): Promise<Response> => {
    screen.changed();
    if (outcome.kind === 'sent') return context.redirect('/', 303);
    const { status, sentence } = outcome;
    if (!takesPages(context)) return context.text(sentence, status);
    return context.html(
      <Playground screen={screen} draft={{ ...draft, fault: sentence }} />,
      status,
    );
  };

  const app = new Hono();
  app.use(guardPages(parts.port));
  app.use(async (context, next) => {
    await next();
    context.res.headers.set('permissions-policy', 'microphone=(self)');
  });
  app.route(
    '/',
    createEntrance({
      sessions: createPlaygroundSessions(parts.key),
      cookie: () => `claudio_playground_${parts.port()}`,
      title: 'Playground',
      refused:
        'Open the link that `claudio playground` has printed: it leads in as long as the playground runs.',
    }),
  );
  app.route('/', createAssets({ 'playground/styles.css': PLAYGROUND_STYLES }));
  // What is open to everybody ends here.
  app.all('/assets/*', (context) => context.notFound());
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (context) =>
        answer(context, {
          kind: 'refused',
          status: 413,
          sentence: 'That is more than goes at once. Send fewer or smaller files.',
        }),
    }),
  );

  app.get('/', (context) => {
    const id = (name: string) => Number(context.req.query(name) ?? '');
    const [reply, edited] = [find(id('reply')), find(id('edit'))];
    const edit = edited?.byBot === false ? edited : null;
    const draft = {
      ...NO_DRAFT,
      reply: edit === null ? reply : null,
      edit,
      text: edit?.text ?? '',
    };
    return context.html(<Playground screen={screen} draft={draft} />);
  });
  app.get('/live', (context) =>
    streamPatches(context, {
      subscribe: screen.subscribe,
      render: screen.fragments,
      ended,
      // What cannot be drawn is told on the page.
      onFault: () => undefined,
    }),
  );
  app.get(`${filesPath}/:message{[1-9]\\d*}`, (context) => {
    const message = find(Number(context.req.param('message')));
    const file = message === null ? null : api.updates.attached(message);
    return file === null ? context.notFound() : answerFile(context, file);
  });
  app.get('/console', (context) =>
    stage.service().state === 'running'
      ? context.redirect(stage.consoleLink(), 303)
      : answerInstead(context, 503, {
          title: 'Playground',
          sentence: 'The service does not run just now, and its console with it.',
          link: { href: '/', label: 'Back to the chat' },
        }),
  );

  app.post('/send', async (context) => {
    const composed = composedIn(await formOf(context));
    const outcome = await sender.compose(composed);
    const { text, replyTo, edit } = composed;
    return answer(context, outcome, { reply: find(replyTo), edit: find(edit), text });
  });
  app.post('/voice', async (context) => {
    const form = await formOf(context);
    const [recording] = form.files('recording');
    const outcome = await sender.voice(
      recording ?? new File([], ''),
      Number(form.text('duration')) || 0,
      form.id('reply'),
    );
    return answer(context, outcome);
  });
  app.post('/react', async (context) => {
    const form = await formOf(context);
    return answer(context, sender.react(form.id('message') ?? 0, form.text('emoji')));
  });
  app.post('/press', async (context) => {
    const form = await formOf(context);
    return answer(context, sender.press(form.id('message') ?? 0, form.text('data')));
  });
  app.post('/fault/:id', (context) => {
    const fault = faults.find(({ id }) => id === context.req.param('id'));
    if (fault === undefined) return context.notFound();
    const sentence = fault.run();
    return answer(
      context,
      sentence === null ? { kind: 'sent' } : { kind: 'refused', status: 400, sentence },
    );
  });

  app.onError((error, context) =>
    answerInstead(context, 500, {
      title: 'Playground',
      sentence: `Something went wrong in the playground itself: ${messageOf(error)}`,
      link: { href: '/', label: 'Back to the chat' },
    }),
  );
  return app;
}

const Playground = ({ screen, draft }: { readonly screen: Screen; readonly draft: Draft }) => {
  const { chat, panel } = screen.now();
  return (
    <Page
      title="Playground · Claudio"
      nav={null}
      live="/live"
      styles={['playground/styles.css']}
      scripts={['playground/client/composer.js']}
      away="The playground is away. Trying again … If it was ended, start it anew and open its new link."
    >
      <div class="playground">
        <Chat state={chat} draft={draft} />
        <Panel state={panel} />
      </div>
    </Page>
  );
};
