import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FetchOutcome } from '../../src/core/channel.ts';
import type { Attachment, InboundMessage } from '../../src/core/inbound.ts';
import type { Speech } from '../../src/core/speech.ts';
import { readAsked, type Asked } from '../../src/turns/asked.ts';
import { ogg, png } from '../support/files.ts';
import { conversation, inboundMessage } from '../support/inbound.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { turnWorld } from '../support/turns.ts';

const CONTENT: Readonly<Record<string, Buffer>> = {
  picture: png(2, 2),
  words: Buffer.from('words'),
  voice: ogg(),
  nothing: Buffer.alloc(0),
};

function attachment(fileId: string, other: Partial<Attachment> = {}): Attachment {
  return {
    kind: fileId === 'voice' ? 'speech' : 'file',
    fileId,
    name: null,
    mimeType: null,
    sizeBytes: null,
    durationMs: null,
    isQuoted: false,
    ...other,
  };
}

/** Somebody who hears the given words, one after the other, and no others. */
function listener(...words: string[]): Speech {
  return {
    transcribe: () => {
      const text = words.shift();
      return Promise.resolve(
        text === undefined
          ? { kind: 'failed', failure: { code: 'nothing-heard' }, detail: '' }
          : { kind: 'heard', text },
      );
    },
    speak: () => Promise.resolve({ kind: 'nothing-to-say' }),
    explain: () => 'There are no words in it.',
  };
}

/** Turns whose messages carry files by the names of {@link CONTENT}. */
function world(options: { speech?: Speech; joinQueued?: boolean } = {}) {
  const parts = turnWorld(options);
  let updateId = 0;
  let saidCount = 0;
  const fetched: string[] = [];
  const channel = {
    ...parts.channels.of(conversation()),
    fetch: (fileId: string): Promise<FetchOutcome> => {
      fetched.push(fileId);
      const content = CONTENT[fileId];
      return Promise.resolve(
        content === undefined ? { kind: 'gone', reason: 'x' } : { kind: 'fetched', content },
      );
    },
  };
  parts.conversations.ensure(conversation());
  const claim = () => {
    const turn = parts.queue.claim('boot');
    if (turn === null) throw new Error('nothing may run');
    return turn;
  };
  const read = (turn: ReturnType<typeof claim>, folder: string): Promise<Asked> =>
    readAsked(
      turn,
      { conversation: conversation(), channel, folder },
      { ...parts, said: () => (saidCount += 1) },
      { log: parts.log, tell: () => undefined, signal: new AbortController().signal },
    );
  return {
    ...parts,
    fetched,
    saidCount: () => saidCount,
    take: (message: Partial<InboundMessage>) => {
      parts.queue.enqueue({ ...inboundMessage((updateId += 1), ''), ...message }, 'haiku');
    },
    claim,
    read,
    /** What the next turn is to answer, with the names of its files. */
    ask: async () => {
      const folder = temporaryFolder();
      const asked = await read(claim(), folder);
      return { ...asked, files: readdirSync(folder).toSorted() };
    },
  };
}

describe('what a turn is to answer', () => {
  test('is its message as it came, where nothing is attached', async () => {
    const { take, ask } = world();
    const quote = { author: 'Mel', text: 'so?' };
    take({ text: '  two words ', quote, forwardedFrom: 'Else' });
    expect(await ask()).toEqual({
      messages: [
        {
          author: 'Owner',
          text: '  two words ',
          instruction: null,
          quote,
          forwardedFrom: 'Else',
          formerText: null,
          isSpoken: false,
          files: [],
          unusable: [],
        },
      ],
      isSpoken: false,
      unusable: [],
      isHopeless: false,
      mayWorkLater: false,
      files: [],
    });
  });

  test('is all messages that were joined, in their order, each with its own files, which are numbered through', async () => {
    const { take, ask } = world({ joinQueued: true });
    take({ text: 'one', attachments: [attachment('picture'), attachment('words')] });
    take({ text: 'two' });
    take({ text: 'three', attachments: [attachment('picture')] });
    const asked = await ask();
    expect(
      asked.messages.map(({ text, files }) => [text, files.map(({ path }) => basename(path))]),
    ).toEqual([
      ['one', ['1-file.png', '2-file']],
      ['two', []],
      ['three', ['3-file.png']],
    ]);
    expect(asked.files).toEqual(['1-file.png', '2-file', '3-file.png']);
  });
});

describe('what cannot be used', () => {
  test('is told once for each sentence, and what is left is answered', async () => {
    const { take, ask } = world();
    take({
      attachments: [
        attachment('voice'),
        attachment('voice'),
        attachment('gone'),
        attachment('words'),
      ],
    });
    const asked = await ask();
    expect(asked.unusable).toEqual([
      expect.stringContaining('I cannot listen') as string,
      '**The file** is no longer available; please send it again.',
    ]);
    expect(asked.isHopeless).toBe(false);
    expect(asked.messages[0]?.unusable).toEqual(asked.unusable);
  });

  test('leaves nothing to answer where it is all that came, whatever stands below it', async () => {
    const { take, ask } = world();
    take({ text: 'what is this?', attachments: [attachment('nothing'), attachment('gone')] });
    expect(await ask()).toMatchObject({ isHopeless: true, files: [] });
  });

  test('leaves the question where it only came with what that replies to, and is told to Claude alone', async () => {
    const { take, ask } = world();
    take({ text: 'what is this?', attachments: [attachment('gone', { isQuoted: true })] });
    const asked = await ask();
    expect(asked).toMatchObject({ isHopeless: false, unusable: [] });
    expect(asked.messages[0]?.unusable).toEqual([expect.any(String)]);
  });

  test('leaves the other messages that are answered with it', async () => {
    const { take, ask } = world({ joinQueued: true });
    take({ attachments: [attachment('gone')] });
    take({ text: 'hello' });
    expect(await ask()).toMatchObject({ isHopeless: false, unusable: [expect.any(String)] });
  });
});

describe('what is said in a recording', () => {
  test('becomes the text of its message, behind what stands below it, and is shown to the person at once as a quote; with words in writing it is answered in writing', async () => {
    const { take, ask, told, saidCount, messages, database } = world({
      speech: listener('Call *Mel*\nat noon'),
    });
    take({ text: 'a note', messageId: '77', attachments: [attachment('voice')] });
    const asked = await ask();
    expect(asked).toMatchObject({ isSpoken: false, isHopeless: false, files: [] });
    expect(asked.messages[0]).toMatchObject({
      text: 'a note\nCall *Mel*\nat noon',
      isSpoken: true,
    });
    expect(told()).toEqual(['> 🎙 Call \\*Mel\\*\n> at noon']);
    expect(saidCount()).toBe(1);
    const [delivery] = database.orm.query.deliveries.findMany().sync();
    expect(delivery?.part).toMatchObject({ replyTo: '77' });
    expect(messages.find(conversation().id, '77')?.text).toBe('a note\nCall *Mel*\nat noon');
  });

  test('is neither listened to nor shown again where the turn is', async () => {
    const { take, claim, read, told, fetched } = world({ speech: listener('Hello.') });
    take({ attachments: [attachment('voice')] });
    const turn = claim();
    const first = await read(turn, temporaryFolder());
    const again = await read(turn, temporaryFolder());
    expect(again).toEqual(first);
    expect(again.messages[0]?.text).toBe('Hello.');
    expect(fetched).toEqual(['voice']);
    expect(told()).toHaveLength(1);
  });

  test('asks for a spoken answer only where it was said last', async () => {
    const { take, ask } = world({ speech: listener('One.'), joinQueued: true });
    take({ attachments: [attachment('voice')] });
    take({ text: 'two' });
    const asked = await ask();
    expect(asked.isSpoken).toBe(false);
    expect(asked.messages.map(({ isSpoken }) => isSpoken)).toEqual([true, false]);
  });

  test('can be a question about a picture that it replies to', async () => {
    const { take, ask } = world({ speech: listener('What is it?') });
    take({ attachments: [attachment('voice'), attachment('picture', { isQuoted: true })] });
    const asked = await ask();
    expect(asked.messages[0]).toMatchObject({ text: 'What is it?', isSpoken: true });
    expect(asked.files).toEqual(['2-file.png']);
  });

  test('is told where it could not be heard, and there is nothing else to answer', async () => {
    const { take, ask, told } = world({ speech: listener() });
    take({ attachments: [attachment('voice')] });
    expect(await ask()).toMatchObject({
      isHopeless: true,
      isSpoken: false,
      unusable: ['There are no words in it.'],
    });
    expect(told()).toEqual([]);
  });
});
