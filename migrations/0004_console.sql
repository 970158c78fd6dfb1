CREATE TABLE `console_keys` (
	`digest` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`expires_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `health_changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` integer NOT NULL,
	`check` text NOT NULL,
	`ok` integer NOT NULL,
	`remedy` text
);
--> statement-breakpoint
CREATE INDEX `health_changes_by_check` ON `health_changes` (`check`,`id`);--> statement-breakpoint
ALTER TABLE `deliveries` ADD `dismissed_at_ms` integer;--> statement-breakpoint
CREATE INDEX `deliveries_failed` ON `deliveries` (`id`) WHERE status = 'failed' and dismissed_at_ms is null;--> statement-breakpoint
CREATE INDEX `messages_during` ON `messages` (`during_message_id`) WHERE during_message_id is not null;--> statement-breakpoint
CREATE INDEX `turns_interrupted` ON `turns` (`id`) WHERE status = 'interrupted';