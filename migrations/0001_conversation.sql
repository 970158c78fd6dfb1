CREATE TABLE `attachments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`message_id` integer NOT NULL,
	`kind` text NOT NULL,
	`file_id` text NOT NULL,
	`name` text,
	`mime_type` text,
	`size_bytes` integer,
	`duration_ms` integer,
	`is_quoted` integer NOT NULL,
	`platform_message_id` text NOT NULL,
	`caption` text,
	`transcript` text,
	FOREIGN KEY (`message_id`) REFERENCES `messages`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `attachments_by_message` ON `attachments` (`message_id`,`id`);--> statement-breakpoint
CREATE INDEX `attachments_by_platform_id` ON `attachments` (`platform_message_id`);--> statement-breakpoint
CREATE TABLE `questions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` text NOT NULL,
	`turn_id` integer NOT NULL,
	`text` text NOT NULL,
	`options` text NOT NULL,
	`status` text NOT NULL,
	`answer` text,
	`answered_by` text,
	`asked_at_ms` integer NOT NULL,
	`answered_at_ms` integer,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`turn_id`) REFERENCES `turns`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `questions_open` ON `questions` (`conversation_id`,`id`) WHERE status = 'open';--> statement-breakpoint
CREATE INDEX `questions_by_turn` ON `questions` (`turn_id`);--> statement-breakpoint
CREATE TABLE `reactions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` text NOT NULL,
	`turn_id` integer NOT NULL,
	`platform_message_id` text NOT NULL,
	`person_id` text NOT NULL,
	`person_name` text NOT NULL,
	`emoji` text NOT NULL,
	`at_ms` integer NOT NULL,
	`told_turn_id` integer,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`turn_id`) REFERENCES `turns`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `reactions_one_a_person` ON `reactions` (`conversation_id`,`platform_message_id`,`person_id`);--> statement-breakpoint
CREATE INDEX `reactions_untold` ON `reactions` (`conversation_id`,`id`) WHERE told_turn_id is null;--> statement-breakpoint
CREATE TABLE `restarts` (
	`message_id` integer PRIMARY KEY NOT NULL,
	`turn_id` integer NOT NULL,
	`attempt` integer NOT NULL,
	`reason` text NOT NULL,
	`requested_at_ms` integer NOT NULL,
	`begun_at_ms` integer,
	FOREIGN KEY (`message_id`) REFERENCES `messages`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`turn_id`) REFERENCES `turns`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `restarts_pending` ON `restarts` (`message_id`) WHERE begun_at_ms is null;--> statement-breakpoint
-- The column that it is on is defined anew.
DROP INDEX `messages_in_order`;--> statement-breakpoint
ALTER TABLE `messages` DROP COLUMN `position`;--> statement-breakpoint
ALTER TABLE `messages` ADD `during_message_id` integer;--> statement-breakpoint
ALTER TABLE `messages` ADD `position` integer GENERATED ALWAYS AS (coalesce(answers_message_id, during_message_id, id)) VIRTUAL;--> statement-breakpoint
CREATE INDEX `messages_in_order` ON `messages` (`conversation_id`,`position`);--> statement-breakpoint
ALTER TABLE `messages` ADD `quote` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `forwarded_from` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `album_id` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `former_text` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `changed_text` text;--> statement-breakpoint
CREATE INDEX `messages_by_platform_id` ON `messages` (`conversation_id`,`platform_message_id`);--> statement-breakpoint
CREATE INDEX `messages_by_album` ON `messages` (`conversation_id`,`album_id`) WHERE album_id is not null;--> statement-breakpoint
ALTER TABLE `conversations` ADD `progress` text;--> statement-breakpoint
ALTER TABLE `turns` ADD `not_before_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `turns` ADD `joined_turn_id` integer;--> statement-breakpoint
ALTER TABLE `turns` ADD `progress_message_id` text;--> statement-breakpoint
ALTER TABLE `turns` ADD `restart_requested_at_ms` integer;--> statement-breakpoint
ALTER TABLE `turns` ADD `speech` text;--> statement-breakpoint
CREATE INDEX `turns_to_speak` ON `turns` (`id`) WHERE speech = 'pending';--> statement-breakpoint
CREATE INDEX `turns_joined` ON `turns` (`joined_turn_id`) WHERE joined_turn_id is not null;--> statement-breakpoint
CREATE INDEX `deliveries_by_platform_id` ON `deliveries` (`destination`,`platform_message_id`);--> statement-breakpoint
-- Full text search: https://sqlite.org/fts5.html#external_content_tables
CREATE VIRTUAL TABLE `messages_search` USING fts5(`text`, content='messages', content_rowid='id', tokenize='unicode61 remove_diacritics 2');--> statement-breakpoint
CREATE TRIGGER `messages_search_insert` AFTER INSERT ON `messages` BEGIN
	INSERT INTO `messages_search` (rowid, `text`) VALUES (new.`id`, new.`text`);
END;--> statement-breakpoint
CREATE TRIGGER `messages_search_delete` AFTER DELETE ON `messages` BEGIN
	INSERT INTO `messages_search` (`messages_search`, rowid, `text`) VALUES ('delete', old.`id`, old.`text`);
END;--> statement-breakpoint
CREATE TRIGGER `messages_search_update` AFTER UPDATE OF `text` ON `messages` BEGIN
	INSERT INTO `messages_search` (`messages_search`, rowid, `text`) VALUES ('delete', old.`id`, old.`text`);
	INSERT INTO `messages_search` (rowid, `text`) VALUES (new.`id`, new.`text`);
END;--> statement-breakpoint
INSERT INTO `messages_search` (`messages_search`) VALUES ('rebuild');
