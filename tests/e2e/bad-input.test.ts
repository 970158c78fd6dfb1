import type { Update } from '@grammyjs/types';
import { describe, expect, test } from 'vitest';
import type { BotApiStandin } from '../../src/playground/bot-api/bot-api.ts';
import { ogg, png, pngThatClaims } from '../support/files.ts';
import { questionIn, readDatabase } from './inspect.ts';
import { createWorld, type World } from './service.ts';
import { below, tempDirOf, tempEmpties } from './turn-files.ts';

const MB = 1024 ** 2;
/** A key, so that recordings are looked at, and nothing behind it. */
const SPEECH = {
  ELEVENLABS_API_KEY: 'made-up-key-of-a-test',
  ELEVENLABS_API_ROOT: 'http://127.0.0.1:1',
};
const GONE = '⚠️ file.bin is no longer available; please send it again.';

interface BadInput {
  readonly what: string;
  readonly send: (api: BotApiStandin) => Update;
  /** What the person reads. */
  readonly told: string;
  readonly environment?: Record<string, string>;
}

/** A text after all that came before it is answered as ever, and nothing is left. */
async function expectAllIsWell(world: World, priorCount: number): Promise<void> {
  await world.api.say('and now?');
  const sent = await world.api.sent(priorCount + 1);
  expect(sent.at(-1)?.text).toBe('An instant answer.');
  expect(sent).toHaveLength(priorCount + 1);
  await tempEmpties(world);
}

const BAD_INPUT: readonly BadInput[] = [
  {
    what: 'a text that calls itself a photo',
    send: ({ updates }) =>
      updates.document({
        content: Buffer.from('I am a picture'),
        fileName: 'photo.jpg',
        mimeType: 'image/jpeg',
        caption: 'what is this?',
      }),
    told: '⚠️ photo.jpg could not be opened as a picture. I can look at JPEG, PNG, GIF and WebP.',
  },
  {
    what: 'a photo without pixels',
    send: ({ updates }) => updates.photo({ content: png(5, 5).subarray(0, 12) }),
    told: '⚠️ The picture could not be opened as a picture. I can look at JPEG, PNG, GIF and WebP.',
  },
  {
    what: 'a picture of a few bytes that would fill the memory',
    send: ({ updates }) => updates.photo({ content: pngThatClaims(60_000, 60_000) }),
    told: '⚠️ The picture is too large: 60,000 × 60,000 pixels. I can open up to 50 million.',
  },
  {
    what: 'a file of any kind that is such a picture',
    send: ({ updates }) =>
      updates.document({ content: pngThatClaims(60_000, 60_000), fileName: 'scan.bin' }),
    told: '⚠️ scan.bin is too large: 60,000 × 60,000 pixels. I can open up to 50 million.',
  },
  {
    what: 'a file whose path climbs out of where the platform keeps files',
    send: ({ updates }) => updates.document({ path: '../../../../../../etc/passwd' }),
    told: GONE,
  },
  {
    what: 'an empty file',
    send: ({ updates }) => updates.document({ content: Buffer.alloc(0), fileName: 'list.txt' }),
    told: '⚠️ list.txt is empty.',
  },
  {
    what: 'a file of more than 20 MB',
    send: ({ updates }) => updates.document({ sizeBytes: 20 * MB + 1, fileName: 'film.mkv' }),
    told: '⚠️ film.mkv is too large: I can only receive files of up to 20 MB.',
  },
  {
    what: 'a file that the platform no longer has',
    send: ({ updates, fault }) => {
      const description = 'Bad Request: wrong file_id or the file is temporarily unavailable';
      fault({ method: 'getFile' }, { kind: 'error', status: 400, description }, 1);
      return updates.document();
    },
    told: GONE,
  },
  {
    what: 'a file whose link has expired',
    send: ({ updates, fault }) => {
      fault({ method: 'file' }, { kind: 'error', status: 404, description: 'Not Found' }, 1);
      return updates.document();
    },
    told: GONE,
  },
  {
    what: 'a file whose download breaks each time',
    send: ({ updates, fault }) => {
      fault({ method: 'file' }, { kind: 'drop', moment: 'before' }, 3);
      return updates.document();
    },
    told: '⚠️ file.bin could not be downloaded after 3 attempts; please try again later.',
  },
  {
    what: 'a voice note of zero length',
    environment: SPEECH,
    send: ({ updates }) => updates.voice({ content: Buffer.alloc(0), durationSeconds: 0 }),
    told: '⚠️ The recording is empty.',
  },
  {
    what: 'a voice note that is none',
    environment: SPEECH,
    send: ({ updates }) => updates.voice({ content: Buffer.from('la la la') }),
    told: '⚠️ The recording could not be opened as a recording.',
  },
  {
    what: 'a voice note where nothing is set up to listen to it',
    send: ({ updates }) => updates.voice({ content: ogg() }),
    told: '⚠️ I cannot listen to recordings yet. To enable it, set ELEVENLABS_API_KEY in service.env and restart me. Until then, please type.',
  },
  {
    what: 'a message of nothing but spaces',
    send: ({ updates }) => updates.text(' \n\t\u00a0\u200b '),
    told: 'I cannot make anything of an empty message. Please put it into words.',
  },
];

describe('what cannot be used is told in a sentence, costs the conversation nothing and leaves nothing behind:', () => {
  test.each(BAD_INPUT.map((input) => [input.what, input] as const))(
    '%s',
    async (_, { send, told, environment }) => {
      const world = await createWorld({ claude: 'instant' });
      Object.assign(world.environment, environment);
      await world.start();
      const update = send(world.api);
      await world.api.deliver(update);
      const [sent] = await world.api.sent(1);
      expect(sent).toMatchObject({ text: told, replyTo: update.message?.message_id });
      await expectAllIsWell(world, 1);
    },
  );
});

test('a download that stalls ends with /stop, at once', async () => {
  const world = await createWorld({ claude: 'instant' });
  const fault = world.api.fault({ method: 'file' }, { kind: 'stall' });
  await world.start();
  const update = world.api.updates.document({ content: Buffer.from('a text in two halves') });
  await world.api.deliver(update);
  await world.api.call('the download', ({ method }) => method === 'file');
  expect(below(tempDirOf(world))).toEqual(['turn-1-1']);
  await world.api.say('/stop');
  const stopped = await world.api.message('the end', ({ text }) => text === '⏹ Stopped.');
  expect(stopped.replyTo).toBe(update.message?.message_id);
  fault.lift();
  await expectAllIsWell(world, 2);
  expect(readDatabase(world.home).query.turns.findMany().sync()).toMatchObject([
    { status: 'cancelled' },
    { status: 'done' },
  ]);
});

test('a download that stalls when the service is stopped does not hold it up', async () => {
  const world = await createWorld({ claude: 'instant' });
  world.environment['SHUTDOWN_GRACE'] = '0';
  world.api.fault({ method: 'getFile' }, { kind: 'hang', moment: 'before' });
  const service = await world.start();
  await world.api.deliver(world.api.updates.document());
  await world.api.call('getFile', ({ method }) => method === 'getFile');
  service.signal('SIGTERM');
  expect(await service.exit).toEqual({ code: 0, signal: null });
  expect(below(tempDirOf(world))).toEqual([]);
});

test('a caption of 1,024 emoji arrives whole', async () => {
  const world = await createWorld();
  world.model.answer('So many.');
  await world.start();
  const caption = '🙈'.repeat(1024);
  await world.api.deliver(world.api.updates.photo({ content: png(4, 4), caption }));
  await world.api.sent(1);
  const [request] = world.model.requests;
  expect(request === undefined ? '' : questionIn(request).split('\n')[0]).toBe(caption);
  expect(readDatabase(world.home).query.messages.findFirst().sync()?.text).toBe(caption);
  await tempEmpties(world);
});
