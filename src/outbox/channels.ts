import type { Channel } from '../core/channel.ts';
import { sourceOf, type Conversation } from '../core/conversation.ts';

/** The channels that this service speaks, one for each bot. */
export interface Channels {
  /** Where the bot of the conversation is no longer set up: one that takes nothing, and says why. */
  of(conversation: Conversation): Channel;
}

/** @param find The channel of a bot, by its source, as things are now; `null` where there is none. */
export function createChannels(find: (source: string) => Channel | null): Channels {
  return {
    of: (conversation) => find(sourceOf(conversation)) ?? goneChannel(conversation.channel),
  };
}

/** What is still to be said where nobody can say it any more becomes rows that failed. */
function goneChannel(name: string): Channel {
  const reason = 'its bot is no longer set up';
  return {
    name,
    render: ({ markdown, files }) => [{ markdown, ...(files === undefined ? {} : { files }) }],
    renderEdit: ({ markdown }) => ({ markdown }),
    renderRemoval: () => ({}),
    uproot: (part) => part,
    send: () => Promise.resolve({ kind: 'rejected', reason }),
    fetch: () => Promise.resolve({ kind: 'gone', reason }),
    signs: {
      seen: () => undefined,
      working: () => () => undefined,
      pressed: () => undefined,
      show: () => Promise.resolve({ kind: 'failed' }),
      draft: () => undefined,
    },
  };
}
