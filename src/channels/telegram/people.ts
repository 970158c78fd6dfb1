import type { Person } from '../../core/inbound.ts';
import type { TelegramChat, TelegramUser } from './schema.ts';

/** How a person, a group or a channel is called; never blank. */
export function nameOf(sender: TelegramUser | TelegramChat): string {
  const title = 'title' in sender && typeof sender.title === 'string' ? sender.title : '';
  const name = [sender.first_name, sender.last_name]
    .map((part) => part?.trim() ?? '')
    .filter((part) => part !== '')
    .join(' ');
  return name || title.trim() || sender.username || `user ${sender.id}`;
}

export function personOf(sender: TelegramUser | TelegramChat): Person {
  return { id: String(sender.id), name: nameOf(sender) };
}
