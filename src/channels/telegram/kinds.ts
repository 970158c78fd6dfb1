/**
 * The kinds of message without text, by the field that carries them, in words. The order matters where
 * a message carries two fields for the sake of old clients: an animation is also a document, a venue
 * also a location.
 */
const KINDS: readonly (readonly [field: string, what: string])[] = [
  ['animation', 'an animation'],
  ['live_photo', 'a live photo'],
  ['photo', 'a photo'],
  ['voice', 'a voice message'],
  ['video_note', 'a video message'],
  ['video', 'a video'],
  ['audio', 'an audio file'],
  ['document', 'a document'],
  ['sticker', 'a sticker'],
  ['venue', 'a venue'],
  ['location', 'a location'],
  ['contact', 'a contact'],
  ['poll', 'a poll'],
  ['checklist', 'a checklist'],
  ['story', 'a story'],
  ['dice', 'a die'],
  ['game', 'a game'],
  ['paid_media', 'paid media'],
  ['invoice', 'an invoice'],
  ['gift', 'a gift'],
  ['unique_gift', 'a gift'],
  ['giveaway', 'a giveaway'],
  ['web_app_data', 'what a web app sent'],
  ['users_shared', 'a shared contact'],
  ['chat_shared', 'a shared chat'],
  ['rich_message', 'a rich message'],
];

/** What chats say about themselves, which is meant for nobody. */
const SERVICE = [
  'new_chat_members',
  'left_chat_member',
  'new_chat_title',
  'new_chat_photo',
  'delete_chat_photo',
  'group_chat_created',
  'supergroup_chat_created',
  'channel_chat_created',
  'message_auto_delete_timer_changed',
  'migrate_to_chat_id',
  'migrate_from_chat_id',
  'pinned_message',
  'successful_payment',
  'refunded_payment',
  'connected_website',
  'write_access_allowed',
  'passport_data',
  'proximity_alert_triggered',
  'boost_added',
  'chat_background_set',
  'forum_topic_created',
  'forum_topic_edited',
  'forum_topic_closed',
  'forum_topic_reopened',
  'general_forum_topic_hidden',
  'general_forum_topic_unhidden',
  'giveaway_created',
  'giveaway_winners',
  'giveaway_completed',
  'gift_upgrade_sent',
  'paid_message_price_changed',
  'direct_message_price_changed',
  'video_chat_scheduled',
  'video_chat_started',
  'video_chat_ended',
  'video_chat_participants_invited',
  'checklist_tasks_done',
  'checklist_tasks_added',
  'poll_option_added',
  'poll_option_deleted',
  'chat_owner_left',
  'chat_owner_changed',
  'managed_bot_created',
  'community_chat_added',
  'community_chat_removed',
  'community_chat_joined',
  'suggested_post_info',
  'suggested_post_approved',
  'suggested_post_approval_failed',
  'suggested_post_declined',
  'suggested_post_paid',
  'suggested_post_refunded',
] as const;

/** In words, what carries no field that is known here. */
export const NEW_KIND = 'a message of a new kind';

/** What a message is of which nothing can be read. */
export type MessageKind =
  | { readonly kind: 'unreadable'; readonly what: string }
  | { readonly kind: 'service'; readonly field: string };

/**
 * Names the kind of a message without text, whether its content can be read or not. A kind that
 * Telegram adds later counts as unreadable, so that the person hears of it:
 * https://core.telegram.org/bots/api#message
 */
export function kindOf(message: Readonly<Record<string, unknown>>): MessageKind {
  const has = (field: string): boolean => message[field] !== undefined;
  const unreadable = KINDS.find(([field]) => has(field));
  if (unreadable !== undefined) return { kind: 'unreadable', what: unreadable[1] };
  const service = SERVICE.find(has);
  if (service !== undefined) return { kind: 'service', field: service };
  return { kind: 'unreadable', what: NEW_KIND };
}
