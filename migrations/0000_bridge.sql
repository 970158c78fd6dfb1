CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` integer NOT NULL,
	`event` text NOT NULL,
	`conversation_id` text NOT NULL,
	`person_id` text NOT NULL,
	`turn_id` integer
);
--> statement-breakpoint
CREATE INDEX `audit_by_time` ON `audit` (`at_ms`);--> statement-breakpoint
CREATE TABLE `boots` (
	`id` text PRIMARY KEY NOT NULL,
	`started_at_ms` integer NOT NULL,
	`seen_at_ms` integer NOT NULL,
	`ended_at_ms` integer
);
--> statement-breakpoint
CREATE TABLE `conversations` (
	`id` text PRIMARY KEY NOT NULL,
	`destination` text NOT NULL,
	`channel` text NOT NULL,
	`chat` text NOT NULL,
	`thread` text,
	`model` text,
	`history_after_message_id` integer DEFAULT 0 NOT NULL,
	`served_at_ms` integer DEFAULT 0 NOT NULL,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` text NOT NULL,
	`destination` text NOT NULL,
	`turn_id` integer,
	`part` text NOT NULL,
	`status` text NOT NULL,
	`attempt_count` integer DEFAULT 0 NOT NULL,
	`due_at_ms` integer NOT NULL,
	`rate_limited` integer DEFAULT false NOT NULL,
	`platform_message_id` text,
	`reason` text,
	`created_at_ms` integer NOT NULL,
	`ended_at_ms` integer,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`turn_id`) REFERENCES `turns`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `deliveries_waiting` ON `deliveries` (`destination`,`id`) WHERE status in ('pending', 'sending');--> statement-breakpoint
CREATE INDEX `deliveries_ended` ON `deliveries` (`ended_at_ms`) WHERE ended_at_ms is not null;--> statement-breakpoint
CREATE INDEX `deliveries_by_turn` ON `deliveries` (`turn_id`);--> statement-breakpoint
CREATE TABLE `messages` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` text NOT NULL,
	`role` text NOT NULL,
	`author` text,
	`text` text NOT NULL,
	`tool_summary` text,
	`platform_message_id` text,
	`answers_message_id` integer,
	`position` integer GENERATED ALWAYS AS (coalesce(answers_message_id, id)) VIRTUAL,
	`created_at_ms` integer NOT NULL,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `messages_in_order` ON `messages` (`conversation_id`,`position`);--> statement-breakpoint
CREATE UNIQUE INDEX `messages_one_answer` ON `messages` (`answers_message_id`);--> statement-breakpoint
CREATE TABLE `tool_uses` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`turn_id` integer NOT NULL,
	`attempt` integer NOT NULL,
	`tool` text NOT NULL,
	`summary` text NOT NULL,
	`started_at_ms` integer NOT NULL,
	FOREIGN KEY (`turn_id`) REFERENCES `turns`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `tool_uses_by_turn` ON `tool_uses` (`turn_id`,`id`);--> statement-breakpoint
CREATE TABLE `turns` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` text NOT NULL,
	`message_id` integer NOT NULL,
	`status` text NOT NULL,
	`attempt_count` integer DEFAULT 0 NOT NULL,
	`interruption_count` integer DEFAULT 0 NOT NULL,
	`marker` text,
	`activity` text,
	`stop_requested_at_ms` integer,
	`queued_at_ms` integer NOT NULL,
	`started_at_ms` integer,
	`ended_at_ms` integer,
	`requested_model` text NOT NULL,
	`model` text,
	`session_id` text,
	`input_token_count` integer DEFAULT 0 NOT NULL,
	`output_token_count` integer DEFAULT 0 NOT NULL,
	`cache_read_token_count` integer DEFAULT 0 NOT NULL,
	`cache_write_token_count` integer DEFAULT 0 NOT NULL,
	`cost_usd` real DEFAULT 0 NOT NULL,
	`failure` text,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`message_id`) REFERENCES `messages`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `turns_one_running` ON `turns` (`conversation_id`) WHERE status = 'running';--> statement-breakpoint
CREATE INDEX `turns_active` ON `turns` (`conversation_id`,`id`) WHERE status in ('queued', 'running');--> statement-breakpoint
CREATE INDEX `turns_by_message` ON `turns` (`message_id`);--> statement-breakpoint
CREATE INDEX `turns_by_end` ON `turns` (`ended_at_ms`);--> statement-breakpoint
CREATE INDEX `turns_ended` ON `turns` (`conversation_id`,`id`) WHERE ended_at_ms is not null;--> statement-breakpoint
CREATE TABLE `updates` (
	`source` text NOT NULL,
	`update_id` integer NOT NULL,
	`received_at_ms` integer NOT NULL,
	PRIMARY KEY(`source`, `update_id`)
);
--> statement-breakpoint
CREATE INDEX `updates_by_age` ON `updates` (`source`,`received_at_ms`);