import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reply, SendOutcome } from '../../src/core/channel.ts';
import { filesContract } from './channel-files.ts';
import { noticesContract } from './channel-notices.ts';
import { type ChannelSetup, reply, sendAll, stored } from './channel-setup.ts';

export type { ChannelSetup, VisibleMessage } from './channel-setup.ts';

/** What every channel promises. Each adapter runs it against a stand-in of its platform. */
export function channelContract(name: string, setup: () => Promise<ChannelSetup>): void {
  describe(`${name} keeps what every channel promises`, () => {
    let place: ChannelSetup;
    beforeEach(async () => {
      place = await setup();
    });
    afterEach(() => place.close());

    const sendReply = (of: Reply): Promise<SendOutcome[]> =>
      sendAll(place, place.channel.render(of));

    const edited = async (markdown: string): Promise<SendOutcome> => {
      const [message] = place.visible();
      const part = place.channel.renderEdit({
        messageId: message?.messageId ?? '',
        markdown,
        buttons: [],
      });
      return place.channel.send(place.conversation, stored(part));
    };

    const outcomeAfter = async (
      how: Parameters<ChannelSetup['failNext']>[0],
    ): Promise<SendOutcome | undefined> => {
      place.failNext(how);
      return (await sendReply(reply('x')))[0];
    };

    it('belongs to its conversations', () => {
      expect(place.conversation.channel).toBe(place.channel.name);
    });

    it('says that a reply was sent, and what its messages are called', async () => {
      const outcomes = await sendReply(reply('It **works**.'));
      expect(outcomes).toEqual(
        place.visible().map(({ messageId }) => ({ kind: 'sent', messageId })),
      );
      expect(place.visible().map(({ text }) => text)).toEqual(['It works.']);
    });

    it('gives every text at least one part, and parts survive the database', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (markdown) => {
          const parts = place.channel.render(reply(markdown));
          expect(parts.length).toBeGreaterThan(0);
          expect(parts.map(stored)).toEqual(parts);
        }),
      );
    });

    it('sends even what has nothing to show', async () => {
      for (const blank of ['', '   \n', '\u200B', '<!-- nothing -->']) {
        const outcomes = await sendReply(reply(blank));
        expect(outcomes.map(({ kind }) => kind)).not.toContain('rejected');
      }
    });

    it('loses no word of a long reply and keeps the order', async () => {
      const words = Array.from({ length: 1_500 }, (_, index) => `word${index}`);
      const paragraphs = words.map((word, index) => (index % 40 === 39 ? `${word}\n\n` : word));
      const outcomes = await sendReply(reply(paragraphs.join(' ')));
      expect(outcomes.every(({ kind }) => kind === 'sent')).toBe(true);
      const texts = place.visible().filter(({ file }) => file === null);
      expect(texts.length).toBeGreaterThan(1);
      const seen = texts.map(({ text }) => text).join(' ');
      expect(seen.match(/word\d+/g)).toEqual(words);
    });

    it('answers the message that asked, with its first part', async () => {
      const asked = place.writes('What is it?');
      await sendReply(reply('x '.repeat(5_000), { replyTo: asked }));
      const replies = place.visible().map(({ replyTo }) => replyTo);
      expect(replies.length).toBeGreaterThan(1);
      expect(replies).toEqual([asked, ...replies.slice(1).map(() => null)]);
    });

    it('answers even when the message that asked is gone', async () => {
      const outcomes = await sendReply(reply('Still here.', { replyTo: '987654321' }));
      expect(outcomes).toMatchObject([{ kind: 'sent' }]);
      expect(place.visible()).toMatchObject([{ text: 'Still here.', replyTo: null }]);
    });

    it('puts the buttons below the last part', async () => {
      const buttons = [
        [
          { label: 'Retry', data: 'retry:1' },
          { label: 'Discard', data: 'discard:1' },
        ],
      ];
      await sendReply(reply('x '.repeat(5_000), { buttons }));
      const labels = place.visible().map((message) => message.buttons);
      expect(labels.length).toBeGreaterThan(1);
      expect(labels.at(-1)).toEqual(['Retry', 'Discard']);
      expect(labels.slice(0, -1).flat()).toEqual([]);
    });

    describe('edits', () => {
      beforeEach(async () => {
        await sendReply(reply('Which?', { buttons: [[{ label: 'This', data: 'choose:0' }]] }));
      });

      it('replace the text and the buttons', async () => {
        const before = place.visible();
        const messageId = before[0]?.messageId ?? null;
        expect(before).toMatchObject([{ text: 'Which?', buttons: ['This'] }]);
        expect(await edited('You chose *this*.')).toEqual({ kind: 'sent', messageId });
        expect(place.visible()).toMatchObject([{ text: 'You chose this.', buttons: [] }]);
      });

      it('count as done when they change nothing', async () => {
        await edited('Done.');
        expect(await edited('Done.')).toMatchObject({ kind: 'sent' });
      });

      it('are cut to one message', async () => {
        expect(await edited('word '.repeat(5_000))).toMatchObject({ kind: 'sent' });
        expect(place.visible()).toHaveLength(1);
        expect(place.visible()[0]?.text).toMatch(/^word word .*…$/s);
      });

      it('are rejected when the message is gone', async () => {
        const part = place.channel.renderEdit({
          messageId: '987654321',
          markdown: 'Late.',
          buttons: [],
        });
        expect(await place.channel.send(place.conversation, stored(part))).toMatchObject({
          kind: 'rejected',
        });
      });
    });

    filesContract(() => place);
    noticesContract(() => place);

    describe('failures are values', () => {
      it('a limit says how long to wait', async () => {
        const outcome = await outcomeAfter('rate-limited');
        expect(outcome?.kind).toBe('rate-limited');
        expect(outcome).toHaveProperty('retryAfterMs', expect.any(Number));
      });

      it('what the platform will never take is rejected with a reason', async () => {
        const outcome = await outcomeAfter('rejected');
        expect(outcome).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(/\w/) });
      });

      it('what may work later is unreachable, and does work later', async () => {
        const outcome = await outcomeAfter('unreachable');
        expect(outcome).toMatchObject({ kind: 'unreachable', reason: expect.stringMatching(/\w/) });
        expect(await sendReply(reply('again'))).toMatchObject([{ kind: 'sent' }]);
      });

      it('a part that is not of this channel is rejected, not thrown', async () => {
        for (const part of [{}, { kind: 'carrier-pigeon' }, { kind: 'text', text: 7 }]) {
          expect(await place.channel.send(place.conversation, part)).toMatchObject({
            kind: 'rejected',
            reason: expect.stringMatching(/\w/),
          });
        }
        expect(place.visible()).toEqual([]);
      });
    });

    describe('signs of life', () => {
      it('reach the platform', async () => {
        const messageId = place.writes('hello');
        place.channel.signs.seen(place.conversation, messageId);
        const stop = place.channel.signs.working(place.conversation);
        await place.signsSeen();
        stop();
        stop();
      });

      it('never throw and never keep a reply back, whatever the platform says', async () => {
        place.failNext('rate-limited');
        place.channel.signs.seen(place.conversation, 'no such message');
        place.channel.signs.pressed('no such press', 'x'.repeat(1_000));
        const stop = place.channel.signs.working(place.conversation);
        const outcomes = await sendReply(reply('The answer.'));
        stop();
        // The failure met whichever call came first; the next attempt at the reply goes through.
        const again = outcomes[0]?.kind === 'sent' ? [] : await sendReply(reply('The answer.'));
        expect([...outcomes, ...again].at(-1)).toMatchObject({ kind: 'sent' });
      });
    });
  });
}
