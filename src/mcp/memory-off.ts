import { eq } from 'drizzle-orm';
import { conversations } from '../../drizzle/schema.ts';
import type { ToolContext } from './context.ts';

export const MEMORY_OFF =
  'The person has turned the memory off in this conversation: nothing is remembered or recalled here. They can turn it on with /memory on; do not press them.';

/** Whether anything is recalled and learned in the conversation, as it stands now. */
export function hasMemory({ database, user }: ToolContext): boolean {
  const row = database.orm
    .select({ hasMemory: conversations.hasMemory })
    .from(conversations)
    .where(eq(conversations.id, user.conversation.id))
    .get();
  return row?.hasMemory ?? false;
}
