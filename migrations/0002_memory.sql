CREATE TABLE `consolidations` (
	`conversation_id` text PRIMARY KEY NOT NULL,
	`last_message_id` integer NOT NULL,
	`failure_count` integer DEFAULT 0 NOT NULL,
	`not_before_ms` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `memories` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`scope` text NOT NULL,
	`kind` text NOT NULL,
	`text` text NOT NULL,
	`context` text,
	`outcome` text,
	`trigger` text,
	`importance` real,
	`confidence` real,
	`source` text NOT NULL,
	`status` text DEFAULT 'live' NOT NULL,
	`replaced_by_id` integer,
	`created_at_ms` integer NOT NULL,
	`ended_at_ms` integer,
	`access_count` integer NOT NULL,
	`recent_accesses_ms` text NOT NULL,
	`looked_at_ms` integer,
	CONSTRAINT "memories_importance" CHECK(importance between 0 and 1),
	CONSTRAINT "memories_confidence" CHECK(confidence between 0 and 1)
);
--> statement-breakpoint
CREATE INDEX `memories_in_scope` ON `memories` (`scope`,`id`) WHERE status = 'live';--> statement-breakpoint
CREATE INDEX `memories_replaced` ON `memories` (`replaced_by_id`) WHERE replaced_by_id is not null;--> statement-breakpoint
CREATE INDEX `memories_by_age` ON `memories` (`kind`,`created_at_ms`) WHERE status = 'live';--> statement-breakpoint
CREATE INDEX `memories_same` ON `memories` (`scope`,length(text),lower(substr(text, 1, 24))) WHERE status = 'live';--> statement-breakpoint
CREATE TABLE `memory_calls` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`purpose` text NOT NULL,
	`scope` text NOT NULL,
	`outcome` text,
	`cost_usd` real DEFAULT 0 NOT NULL,
	`started_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `memory_calls_by_time` ON `memory_calls` (`started_at_ms`);--> statement-breakpoint
CREATE TABLE `memory_origins` (
	`memory_id` integer NOT NULL,
	`episode_id` integer NOT NULL,
	PRIMARY KEY(`memory_id`, `episode_id`),
	FOREIGN KEY (`memory_id`) REFERENCES `memories`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`episode_id`) REFERENCES `memories`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `memory_origins_by_episode` ON `memory_origins` (`episode_id`);--> statement-breakpoint
CREATE TABLE `memory_sources` (
	`memory_id` integer NOT NULL,
	`message_id` integer NOT NULL,
	PRIMARY KEY(`memory_id`, `message_id`),
	FOREIGN KEY (`memory_id`) REFERENCES `memories`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`message_id`) REFERENCES `messages`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `memory_sources_by_message` ON `memory_sources` (`message_id`);--> statement-breakpoint
CREATE TABLE `memory_vectors` (
	`memory_id` integer PRIMARY KEY NOT NULL,
	`model` text NOT NULL,
	`vector` blob NOT NULL,
	FOREIGN KEY (`memory_id`) REFERENCES `memories`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `memory_vectors_by_model` ON `memory_vectors` (`model`);--> statement-breakpoint
CREATE TABLE `recalls` (
	`turn_id` integer NOT NULL,
	`memory_id` integer NOT NULL,
	`place` integer NOT NULL,
	`score` real NOT NULL,
	`similarity` real NOT NULL,
	`activation` real NOT NULL,
	`found_by` text NOT NULL,
	`at_ms` integer NOT NULL,
	PRIMARY KEY(`turn_id`, `memory_id`),
	FOREIGN KEY (`turn_id`) REFERENCES `turns`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`memory_id`) REFERENCES `memories`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `recalls_by_memory` ON `recalls` (`memory_id`);--> statement-breakpoint
CREATE INDEX `recalls_by_age` ON `recalls` (`at_ms`);--> statement-breakpoint
ALTER TABLE `boots` ADD `has_memory` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `conversations` ADD `has_memory` integer DEFAULT true NOT NULL;--> statement-breakpoint
CREATE VIEW `memories_live` AS SELECT `id`, `text`, `context`, `outcome`, `trigger`, 's' || hex(`scope`) AS `scope` FROM `memories` WHERE `status` = 'live';--> statement-breakpoint
-- Full text search over what is live: https://sqlite.org/fts5.html#external_content_tables
-- The scope is one word in it, so that a search in one takes no longer for what others hold.
CREATE VIRTUAL TABLE `memories_search` USING fts5(`text`, `context`, `outcome`, `trigger`, `scope`, content='memories_live', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2');--> statement-breakpoint
-- What is forgotten leaves no trace in it: https://sqlite.org/fts5.html#the_secure_delete_configuration_option
INSERT INTO `memories_search` (`memories_search`, rank) VALUES ('secure-delete', 1);--> statement-breakpoint
CREATE TRIGGER `memories_search_insert` AFTER INSERT ON `memories` WHEN new.`status` = 'live' BEGIN
	INSERT INTO `memories_search` (rowid, `text`, `context`, `outcome`, `trigger`, `scope`) VALUES (new.`id`, new.`text`, new.`context`, new.`outcome`, new.`trigger`, 's' || hex(new.`scope`));
END;--> statement-breakpoint
CREATE TRIGGER `memories_search_delete` AFTER DELETE ON `memories` WHEN old.`status` = 'live' BEGIN
	INSERT INTO `memories_search` (`memories_search`, rowid, `text`, `context`, `outcome`, `trigger`, `scope`) VALUES ('delete', old.`id`, old.`text`, old.`context`, old.`outcome`, old.`trigger`, 's' || hex(old.`scope`));
END;--> statement-breakpoint
CREATE TRIGGER `memories_search_unlist` AFTER UPDATE OF `status` ON `memories` WHEN old.`status` = 'live' AND new.`status` <> 'live' BEGIN
	INSERT INTO `memories_search` (`memories_search`, rowid, `text`, `context`, `outcome`, `trigger`, `scope`) VALUES ('delete', old.`id`, old.`text`, old.`context`, old.`outcome`, old.`trigger`, 's' || hex(old.`scope`));
END;
