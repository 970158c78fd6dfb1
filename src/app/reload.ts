import { ClaudioError } from '../core/error.ts';
import { escapeMarkdown } from '../core/format.ts';
import type { ConversationStore } from '../inbox/conversations.ts';
import type { Outbox } from '../outbox/append.ts';
import { BOT_SETTING_NAMES, type BotSettings } from '../platform/configuration/bots.ts';
import { secretsOf } from '../platform/configuration/complete-bot.ts';
import { loadConfiguration, type Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import type { Audit } from '../policy/audit.ts';
import { firstOwner, type LiveBots } from './bots.ts';
import type { Telegrams } from './telegrams.ts';

/**
 * Makes what takes the configuration as it is now: bots that are new, changed or gone take effect at
 * once, while turns run and updates come in. What else changed is named in the log and takes effect with
 * a restart. A configuration with a fault changes nothing, and the owner of the first bot is told.
 *
 * @param parts.configuration That of the start.
 * @param parts.secrets What nobody may see; what is new is added before it is used.
 * @param parts.wake Called when something changed or is to be said.
 */
export function createReload(parts: {
  readonly configuration: Configuration;
  readonly bots: LiveBots;
  readonly telegrams: Pick<Telegrams, 'replace'>;
  readonly database: Database;
  readonly conversations: ConversationStore;
  readonly outbox: Outbox;
  readonly audit: Pick<Audit, 'write'>;
  readonly secrets: Set<string>;
  readonly wake: () => void;
  readonly log: Logger;
}): () => void {
  const { log } = parts;
  const atStart = parts.configuration;
  let inForce = atStart.bots;

  const tellOwner = (markdown: string): void => {
    const owner = firstOwner(parts.bots);
    parts.database.transaction(() => {
      parts.conversations.ensure(owner);
      parts.outbox.say(owner, { markdown, replyTo: null, buttons: [] });
    });
    parts.wake();
  };

  const note = (changes: ReturnType<typeof changesOf>): void => {
    if (Object.values(changes).every(({ length }) => length === 0)) return;
    const { added, changed, removed } = changes;
    parts.audit.write({
      event: 'bots.changed',
      conversationId: '',
      personId: '',
      details: {
        added: added.join(', '),
        changed: changed.join(', '),
        removed: removed.join(', '),
      },
    });
  };

  const take = (configuration: Configuration): void => {
    for (const secret of secretsOf(configuration)) parts.secrets.add(secret);
    for (const warning of configuration.warnings) log.warn({ warning }, 'config.warning');
    const changes = changesOf(inForce, configuration.bots);
    note(changes);
    inForce = configuration.bots;
    parts.bots.replace(inForce);
    parts.telegrams.replace(inForce);
    parts.wake();
    log.info({ bots: inForce.map(({ name }) => name), ...changes }, 'config.reloaded');
    const waiting = changedNames(atStart, configuration);
    if (waiting.length > 0) {
      const hint = 'These are taken with the next start: `claudio restart`.';
      log.warn({ settings: waiting, hint }, 'config.needs-restart');
    }
  };

  return () => {
    try {
      take(loadConfiguration(atStart.environment));
    } catch (error) {
      if (!(error instanceof ClaudioError)) {
        log.error({ err: error }, 'config.reload-broken');
        return;
      }
      log.error({ reason: error.message, hint: error.hint }, 'config.not-reloaded');
      try {
        tellOwner(
          `⚠️ I was asked to take the settings anew, and cannot. I go on with those from before.\n\n${escapeMarkdown(error.message)}\n\nCorrect that, and try again.`,
        );
      } catch (cause) {
        log.error({ err: cause }, 'config.owner-not-told');
      }
    }
  };
}

function find(bots: readonly BotSettings[], name: string): BotSettings | undefined {
  return bots.find((bot) => bot.name === name);
}

function names(bots: readonly BotSettings[]): readonly string[] {
  return bots.map(({ name }) => name);
}

function changesOf(before: readonly BotSettings[], after: readonly BotSettings[]) {
  return {
    added: names(after.filter(({ name }) => find(before, name) === undefined)),
    changed: names(
      after.filter((bot) => {
        const old = find(before, bot.name);
        return old !== undefined && JSON.stringify(old) !== JSON.stringify(bot);
      }),
    ),
    removed: names(before.filter(({ name }) => find(after, name) === undefined)),
  };
}

/** The settings of the service as a whole that are not those it started with. */
function changedNames(one: Configuration, other: Configuration): readonly string[] {
  const now = new Map<string, unknown>(Object.entries(other.settings));
  const before = new Map<string, unknown>(Object.entries(one.settings));
  return [...new Set([...before.keys(), ...now.keys()])].filter(
    (name) =>
      !BOT_SETTING_NAMES.some((own) => own === name) &&
      JSON.stringify(before.get(name)) !== JSON.stringify(now.get(name)),
  );
}
