import { approvalPresses, createDenial } from '../commands/approve.ts';
import { createEditHandler } from '../commands/changes.ts';
import { createCommandHandler } from '../commands/dispatch.ts';
import { createInsisting } from '../commands/insist.ts';
import { modePresses } from '../commands/mode.ts';
import { createPairingDesk } from '../commands/pairing.ts';
import { planPresses } from '../commands/plan.ts';
import { createPressHandler } from '../commands/presses.ts';
import { projectPresses } from '../commands/project.ts';
import { createReactionHandler } from '../commands/reactions.ts';
import type { Bots } from '../core/bot.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import type { Mask } from '../core/mask.ts';
import { createInbox } from '../inbox/accept.ts';
import { createAsking } from '../inbox/asking.ts';
import { createConfirmations } from '../inbox/confirmations.ts';
import { createModes } from '../inbox/modes.ts';
import { createOverheard } from '../inbox/overheard.ts';
import { createSeenUpdates } from '../inbox/seen-updates.ts';
import { newId } from '../platform/clock.ts';
import type { Configuration } from '../platform/configuration/load.ts';
import type { Database } from '../platform/database/open.ts';
import type { Logger } from '../platform/log.ts';
import { createPairings } from '../policy/pairing.ts';
import { createUsageReport } from '../turns/usage.ts';
import { createCommands } from './commands.ts';
import type { ServicePolicy } from './compose-policy.ts';
import { createHandlers } from './handlers.ts';
import type { ServiceMemory } from './memory.ts';
import { createOwnCommands } from './own-commands.ts';
import type { ServiceTurns } from './turns.ts';

/** Puts together what becomes of an update: from the transaction that remembers it to the queue. */
export function composeInbox(outside: {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly clock: Clock;
  readonly bots: Bots;
  readonly mask: Mask;
  readonly people: ServicePolicy;
  readonly turns: ServiceTurns;
  /** `null` where it is turned off. */
  readonly memory: ServiceMemory | null;
  /** Says something to the owner, in the transaction under way. */
  readonly tellOwner: (markdown: string) => void;
  readonly log: Logger;
}) {
  const { configuration, database, clock, bots, mask, memory, log } = outside;
  const { settings, home } = configuration;
  const { access, appointments, audit, gate, projects, bounds } = outside.people;
  const { conversations, messages, queue, outbox, questions, approvals } = outside.turns;
  const rows = { database, clock, conversations, messages, queue, outbox, questions };
  const people = { access, appointments, audit, gate, bots };
  const defaults = {
    defaultModel: (conversation: Conversation) => bots.of(conversation)?.model ?? settings.MODEL,
    defaultFolder: (conversation: Conversation) =>
      bots.of(conversation)?.workDir ?? settings.CLAUDE_WORK_DIR,
    defaultMode: settings.MODE,
    defaultProgress: settings.PROGRESS,
  };

  const seen = createSeenUpdates(database, clock);
  const overheard = createOverheard({ ...rows, mask });
  const modes = createModes({ ...rows, ...people, ...defaults });
  const asking = createAsking({ ...rows, ...people, ...defaults });
  const confirmations = createConfirmations(database, clock, audit);
  const parts = {
    ...rows,
    ...people,
    ...defaults,
    overheard,
    asking,
    modes,
    confirmations,
    approvals,
    rules: outside.turns.approvalRules,
    projects,
    bounds,
    mask,
    log,
  };

  const builtIn = createCommands({
    ...parts,
    usage: createUsageReport(database),
    memory,
    own: () => own.commands(),
  });
  const own = createOwnCommands({
    ...parts,
    home,
    tellOwner: outside.tellOwner,
    onFault: (error) => log.error({ err: error }, 'commands.unreadable'),
  });
  const commands = () => [...builtIn, ...own.commands()];
  const pairing = createPairingDesk({
    ...parts,
    pairings: createPairings({ database, clock, newId }),
  });
  const insisting = createInsisting(parts);

  const accept = createInbox({
    ...parts,
    seen,
    moves: outside.turns.moves,
    handlers: createHandlers({
      ...parts,
      command: createCommandHandler({ ...parts, commands }),
      edit: createEditHandler(parts),
      denial: createDenial(parts),
      reaction: createReactionHandler(parts),
      press: createPressHandler({
        ...parts,
        memory: memory?.store ?? null,
        commands: own.commands,
        acts: new Map([
          ...pairing.acts,
          ...insisting.acts,
          ...own.acts,
          ...projectPresses(parts),
          ...approvalPresses(parts),
          ...planPresses({ ...parts, commands: own.commands }),
          ...modePresses(parts),
        ]),
      }),
      refused: insisting.refused,
      pairing: settings.PAIRING ? pairing.asks : null,
    }),
  });

  /** `commands`: all there are, as they are now. */
  return { accept, seen, overheard, own, commands };
}
