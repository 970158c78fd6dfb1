import type { Channel } from '../core/channel.ts';
import type { Conversation } from '../core/conversation.ts';

/** The channels that this service speaks, by name. */
export interface Channels {
  /** @throws Error when the conversation belongs to a channel that is not set up. */
  of(conversation: Conversation): Channel;
}

export function createChannels(channels: readonly Channel[]): Channels {
  const byName = new Map(channels.map((channel) => [channel.name, channel]));
  return {
    of: ({ channel: name }) => {
      const channel = byName.get(name);
      if (channel === undefined) throw new Error(`no channel ${name} is set up`);
      return channel;
    },
  };
}
