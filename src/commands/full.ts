import type { Reply } from '../core/channel.ts';
import { messagesCount } from '../core/format.ts';

/** What is said to a message that finds the queue full. */
export function queueFull(replyTo: string, waitingCount: number): Reply {
  return {
    markdown: `🚦 The queue is full: ${messagesCount(waitingCount)} already waiting, so I did not take this one. Send it again later, or see /queue.`,
    replyTo,
    buttons: [],
  };
}
