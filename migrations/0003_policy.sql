CREATE TABLE `accepted_files` (
	`name` text PRIMARY KEY NOT NULL,
	`content` text,
	`accepted_at_ms` integer,
	`seen` text NOT NULL,
	`is_faulty` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `approval_rules` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`folder` text NOT NULL,
	`tool` text NOT NULL,
	`pattern` text NOT NULL,
	`person_id` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `approval_rules_once` ON `approval_rules` (`folder`,`tool`,`pattern`,`person_id`);--> statement-breakpoint
CREATE TABLE `approvals` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` text NOT NULL,
	`turn_id` integer NOT NULL,
	`attempt` integer NOT NULL,
	`tool` text NOT NULL,
	`subject` text NOT NULL,
	`input_digest` text NOT NULL,
	`folder` text NOT NULL,
	`pattern` text NOT NULL,
	`status` text NOT NULL,
	`reach` text,
	`reason` text,
	`decided_by_id` text,
	`decided_by` text,
	`asked_at_ms` integer NOT NULL,
	`decided_at_ms` integer,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`turn_id`) REFERENCES `turns`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `approvals_open` ON `approvals` (`conversation_id`,`id`) WHERE status = 'open';--> statement-breakpoint
CREATE INDEX `approvals_by_turn` ON `approvals` (`turn_id`);--> statement-breakpoint
CREATE TABLE `chat_moves` (
	`destination` text PRIMARY KEY NOT NULL,
	`known_as` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `confirmations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` text NOT NULL,
	`message_id` integer NOT NULL,
	`person_id` text NOT NULL,
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`role` text NOT NULL,
	`options` text NOT NULL,
	`status` text NOT NULL,
	`asked_at_ms` integer NOT NULL,
	`expires_at_ms` integer NOT NULL,
	`decided_by` text,
	`decided_at_ms` integer,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`message_id`) REFERENCES `messages`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `confirmations_open` ON `confirmations` (`conversation_id`,`id`) WHERE status = 'open';--> statement-breakpoint
CREATE TABLE `grants` (
	`scope` text NOT NULL,
	`person_id` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`granted_by` text NOT NULL,
	`at_ms` integer NOT NULL,
	PRIMARY KEY(`scope`, `person_id`)
);
--> statement-breakpoint
CREATE TABLE `pairings` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`code` text NOT NULL,
	`scope` text NOT NULL,
	`conversation_id` text NOT NULL,
	`person_id` text NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`asked_at_ms` integer NOT NULL,
	`expires_at_ms` integer NOT NULL,
	`decided_by` text,
	`decided_at_ms` integer
);
--> statement-breakpoint
CREATE INDEX `pairings_open` ON `pairings` (`scope`,`expires_at_ms`) WHERE status = 'open';--> statement-breakpoint
CREATE INDEX `pairings_by_person` ON `pairings` (`scope`,`person_id`,`asked_at_ms`);--> statement-breakpoint
CREATE TABLE `projects` (
	`name` text PRIMARY KEY NOT NULL,
	`path` text NOT NULL,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `audit` ADD `decision` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `details` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `text` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `hash` text;--> statement-breakpoint
CREATE INDEX `audit_by_event` ON `audit` (`event`,`person_id`,`at_ms`);--> statement-breakpoint
ALTER TABLE `conversations` ADD `project` text;--> statement-breakpoint
ALTER TABLE `conversations` ADD `mode` text;--> statement-breakpoint
ALTER TABLE `conversations` ADD `mode_by` text;--> statement-breakpoint
ALTER TABLE `conversations` ADD `listens` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `messages` ADD `person_id` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `instruction` text;--> statement-breakpoint
ALTER TABLE `turns` ADD `person_id` text;--> statement-breakpoint
ALTER TABLE `turns` ADD `project` text;--> statement-breakpoint
ALTER TABLE `turns` ADD `mode` text;--> statement-breakpoint
ALTER TABLE `turns` ADD `tools` text;--> statement-breakpoint
ALTER TABLE `turns` ADD `insisted` integer DEFAULT false NOT NULL;--> statement-breakpoint
DROP INDEX `turns_by_end`;--> statement-breakpoint
CREATE INDEX `turns_by_end` ON `turns` (`ended_at_ms`,`cost_usd`);--> statement-breakpoint
CREATE INDEX `turns_by_person` ON `turns` (`person_id`,`queued_at_ms`);--> statement-breakpoint
CREATE INDEX `turns_by_person_and_end` ON `turns` (`person_id`,`ended_at_ms`,`cost_usd`);--> statement-breakpoint
-- Refusals of long ago were forgotten: their numbers would be missed as if somebody had taken entries away.
UPDATE `audit` SET `id` = `numbered`.`number` FROM (SELECT `id` AS `old`, row_number() OVER (ORDER BY `id`) AS `number` FROM `audit`) AS `numbered` WHERE `audit`.`id` = `numbered`.`old`;--> statement-breakpoint
UPDATE `sqlite_sequence` SET `seq` = (SELECT count(*) FROM `audit`) WHERE `name` = 'audit';--> statement-breakpoint
-- What was once written down stays as it is. Only entries of before there were hashes may be sealed, once.
CREATE TRIGGER `audit_unchanged` BEFORE UPDATE ON `audit` WHEN old.hash IS NOT NULL BEGIN
	SELECT raise(ABORT, 'the audit log is only appended to');
END;--> statement-breakpoint
CREATE TRIGGER `audit_undeleted` BEFORE DELETE ON `audit` BEGIN
	SELECT raise(ABORT, 'the audit log is only appended to');
END;
