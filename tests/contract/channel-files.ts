import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingFile, Reply, SendOutcome } from '../../src/core/channel.ts';
import { type ChannelSetup, reply, sendAll, stored } from './channel-setup.ts';
import { mp3, png } from './samples.ts';

/** What every channel promises of files. */
export function filesContract(setup: () => ChannelSetup): void {
  const kept = (kind: OutgoingFile['kind'], name: string, content: Buffer): OutgoingFile => ({
    kind,
    name,
    path: setup().keep(content),
  });
  const photo = (name: string): OutgoingFile => kept('photo', name, png(4, 3));
  const file = (name: string): OutgoingFile => kept('file', name, Buffer.from(name));
  const voice = (name: string): OutgoingFile => kept('voice', name, mp3());
  const send = (of: Reply): Promise<SendOutcome[]> => sendAll(setup(), setup().channel.render(of));
  const sendInstead = async (outcomes: readonly SendOutcome[]): Promise<void> => {
    const { channel, conversation } = setup();
    for (const outcome of outcomes) {
      const instead = outcome.kind === 'rejected' ? outcome.instead : undefined;
      if (instead !== undefined) await channel.send(conversation, stored(instead));
    }
  };
  const seen = (): (string | undefined)[][] =>
    setup()
      .visible()
      .map((message) => [message.file?.kind, message.file?.name, message.text]);

  describe('files', () => {
    it('arrive as what they are, in order, with the text below the first', async () => {
      const files = [photo('plan.png'), file('notes.txt'), voice('answer.mp3')];
      const outcomes = await send(reply('Here *they* are.', { files }));
      expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'sent']);
      expect(seen()).toEqual([
        ['photo', 'plan.png', 'Here they are.'],
        ['file', 'notes.txt', ''],
        ['voice', 'answer.mp3', ''],
      ]);
      expect(setup().visible()[1]?.file?.content.toString()).toBe('notes.txt');
    });

    it('are named in their parts, so that they can be removed', () => {
      const files = [photo('a.png'), photo('b.png'), file('c.txt')];
      const parts = setup().channel.render(reply('', { files }));
      const named = parts.flatMap((part) => (part.files ?? []).map(({ path }) => path));
      expect(named).toEqual(files.map(({ path }) => path));
      expect(parts.map(stored)).toEqual(parts);
    });

    it('need no text, and nothing is made up for it', async () => {
      await send(reply(' ', { files: [photo('a.png')] }));
      expect(seen()).toEqual([['photo', 'a.png', '']]);
    });

    it('that belong together are one album, which answers the question', async () => {
      const asked = setup().writes('Show me.');
      const files = [photo('a.png'), photo('b.png'), photo('c.png')];
      const outcomes = await send(reply('Three.', { files, replyTo: asked }));
      const visible = setup().visible();
      expect(outcomes).toEqual([{ kind: 'sent', messageId: visible[0]?.messageId }]);
      expect(new Set(visible.map(({ albumId }) => albumId)).size).toBe(1);
      expect(visible[0]).toMatchObject({ replyTo: asked, text: 'Three.' });
      expect(visible[0]?.albumId).not.toBeNull();
    });

    it('leave room for the buttons', async () => {
      const buttons = [[{ label: 'Go', data: 'go:1' }]];
      await send(reply('One.', { files: [file('a.txt')], buttons }));
      await send(reply('Two.', { files: [file('a.txt'), file('b.txt')], buttons }));
      const labels = setup()
        .visible()
        .map((message) => message.buttons);
      expect(labels).toEqual([['Go'], [], [], ['Go']]);
    });

    it('that are gone are rejected with a word of it', async () => {
      const gone = { ...file('gone.txt'), path: `${setup().keep(Buffer.from('x'))}-gone` };
      const outcomes = await send(reply('', { files: [gone] }));
      expect(outcomes).toMatchObject([
        { kind: 'rejected', reason: 'the file is gone: gone.txt', instead: {} },
      ]);
      expect(setup().visible()).toEqual([]);
      await sendInstead(outcomes);
      expect(setup().visible()).toMatchObject([
        { text: '⚠️ I could not send gone.txt: the file is gone.' },
      ]);
    });

    it('that are spoken words give way to them', async () => {
      const path = `${setup().keep(Buffer.from('x'))}-gone`;
      const spoken = { ...voice('a.mp3'), path, instead: 'The *words*.' };
      await sendInstead(await send(reply('', { files: [spoken] })));
      expect(setup().visible()).toMatchObject([{ text: 'The words.', file: null }]);
    });

    it('come behind a text that is too long to stand below them', async () => {
      const words = Array.from({ length: 400 }, (_, index) => `word${index}`);
      await send(reply(words.join(' '), { files: [photo('a.png')] }));
      expect(
        setup()
          .visible()
          .map((message) => message.file?.kind),
      ).toEqual([undefined, 'photo']);
      expect(
        setup()
          .visible()[0]
          ?.text.match(/word\d+/g),
      ).toEqual(words);
    });

    it('arrive whatever their number and the text, every character, in order', async () => {
      const kinds = { photo: photo('p.png'), file: file('f.txt'), voice: voice('v.mp3') };
      const files = fc.array(fc.constantFrom(kinds.photo, kinds.file, kinds.voice), {
        maxLength: 25,
      });
      const text = fc.array(fc.stringMatching(/^[a-zA-Z]{1,12}$/), { maxLength: 1_500 });
      await fc.assert(
        fc.asyncProperty(text, files, async (words, sent) => {
          const before = setup().visible().length;
          const named = sent.map((one, index) => ({ ...one, name: `${index}.${one.kind}` }));
          const outcomes = await send(reply(words.join(' '), { files: named }));
          expect(outcomes.every(({ kind }) => kind === 'sent')).toBe(true);
          const visible = setup().visible().slice(before);
          const arrived = visible.flatMap((message) => message.file?.name ?? []);
          expect(arrived).toEqual(named.map((one) => one.name));
          const said = visible
            .map((message) => message.text)
            .join(' ')
            .trim();
          if (words.length + sent.length > 0)
            expect(said.split(/\s+/).join('')).toBe(words.join(''));
        }),
        { numRuns: 25 },
      );
    });
  });
}
