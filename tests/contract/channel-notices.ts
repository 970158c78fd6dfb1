import { describe, expect, it } from 'vitest';
import type { Notice, Reply, SendOutcome, ShowOutcome } from '../../src/core/channel.ts';
import { type ChannelSetup, reply, sendAll, stored } from './channel-setup.ts';

/** What every channel promises of messages that come and go. */
export function noticesContract(setup: () => ChannelSetup): void {
  const send = (of: Reply): Promise<SendOutcome[]> => sendAll(setup(), setup().channel.render(of));
  const removed = (messageId: string): Promise<SendOutcome> => {
    const { channel, conversation } = setup();
    return channel.send(conversation, stored(channel.renderRemoval(messageId)));
  };
  const shown = (
    markdown: string,
    rest: Partial<Notice> = {},
    signal = AbortSignal.timeout(10_000),
  ): Promise<ShowOutcome> => {
    const { channel, conversation } = setup();
    const notice = { messageId: null, markdown, buttons: [], ...rest };
    return channel.signs.show(conversation, notice, signal);
  };

  describe('removals', () => {
    it('take a message away', async () => {
      await send(reply('For now.'));
      expect(await removed(setup().visible()[0]?.messageId ?? '')).toMatchObject({ kind: 'sent' });
      expect(setup().visible()).toEqual([]);
    });

    it('count as done when the message is gone', async () => {
      expect(await removed('987654321')).toMatchObject({ kind: 'sent' });
    });
  });

  describe('passing messages', () => {
    it('are shown, changed and taken away', async () => {
      const buttons = [[{ label: 'Stop', data: 'stop:1' }]];
      const first = await shown('*Reading* a file', { buttons });
      const messageId = setup().visible()[0]?.messageId ?? null;
      expect(first).toEqual({ kind: 'shown', messageId });
      expect(setup().visible()).toMatchObject([{ text: 'Reading a file', buttons: ['Stop'] }]);
      setup().passes(60_000);
      expect(await shown('Writing', { messageId, buttons })).toEqual(first);
      setup().passes(60_000);
      expect(await shown('Writing', { messageId, buttons })).toEqual(first);
      expect(setup().visible()).toMatchObject([{ text: 'Writing', buttons: ['Stop'] }]);

      expect(await removed(messageId ?? '')).toMatchObject({ kind: 'sent' });
      expect(setup().visible()).toEqual([]);
      setup().passes(60_000);
      expect(await shown('Late', { messageId })).toEqual({ kind: 'failed' });
    });

    it('are rare, and say when to come back', async () => {
      await shown('one');
      const outcome = await shown('two');
      expect(outcome).toEqual({ kind: 'wait', retryAfterMs: expect.any(Number) as number });
      expect(setup().visible()).toHaveLength(1);
      setup().passes(outcome.kind === 'wait' ? outcome.retryAfterMs : 0);
      expect(await shown('three')).toMatchObject({ kind: 'shown' });
    });

    it('that meet a limit wait alone: replies go on', async () => {
      setup().failNext('rate-limited');
      expect(await shown('x')).toMatchObject({ kind: 'wait' });
      expect(await send(reply('The answer.'))).toMatchObject([{ kind: 'sent' }]);
    });

    it('wait after a reply that met a limit', async () => {
      setup().failNext('rate-limited');
      expect(await send(reply('The answer.'))).toMatchObject([{ kind: 'rate-limited' }]);
      expect(await shown('x')).toMatchObject({ kind: 'wait' });
    });

    it('are cut to one message', async () => {
      expect(await shown('word '.repeat(5_000))).toMatchObject({ kind: 'shown' });
      expect(setup().visible()).toHaveLength(1);
    });

    it('fail without a throw, and when it is too late', async () => {
      setup().failNext('unreachable');
      expect(await shown('x')).toEqual({ kind: 'failed' });
      setup().passes(60_000);
      expect(await shown('x', {}, AbortSignal.abort())).toEqual({ kind: 'failed' });
      expect(await shown('x', { messageId: 'none' })).toEqual({ kind: 'failed' });
      expect(setup().visible()).toEqual([]);
    });
  });
}
