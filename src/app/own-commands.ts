import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../commands/command.ts';
import { confirmCommands, type ConfirmParts, confirmPresses } from '../commands/confirm.ts';
import { createCustomCommands, type CustomParts } from '../commands/custom/commands.ts';
import { defaultCommandsText } from '../commands/custom/defaults.ts';
import { COMMANDS_FILE, type CustomCommand, readCommands } from '../commands/custom/schema.ts';
import type { PressActs } from '../commands/press.ts';
import type { Clock } from '../core/clock.ts';
import { persist, type Persistent } from '../ops/persist.ts';
import { writePrivateFile } from '../platform/files.ts';
import type { Audit } from '../policy/audit.ts';
import { createKeptFile, type Parsed } from '../policy/kept-file.ts';

/** How soon a change of the file is noticed where nobody types a command. */
const LOOK_EVERY_MS = 5000;

/** The commands of the person's own, with what goes with them. */
export interface OwnCommands {
  /** As they are now; the same array as long as they are the same. */
  commands(): readonly Command[];
  readonly acts: PressActs;
  /** Writes the file with what comes with Claudio where there is none, so that it can be changed. */
  provide(): void;
  /**
   * Has the commands listed anew when they have changed, until that has worked; a fault of the file is
   * noticed by that too. Ends with the returned function.
   */
  watch(list: () => Promise<boolean>, retryDelayMs: number): () => void;
}

export function createOwnCommands(
  parts: ConfirmParts &
    Omit<CustomParts, 'file'> & {
      readonly home: string;
      readonly clock: Clock;
      readonly audit: Pick<Audit, 'write'>;
      /** Says something to the owner, in the transaction under way. */
      readonly tellOwner: (markdown: string) => void;
      readonly onFault: (error: unknown) => void;
    },
): OwnCommands {
  const path = join(parts.home, COMMANDS_FILE);
  const file = createKeptFile({
    database: parts.database,
    clock: parts.clock,
    path,
    name: COMMANDS_FILE,
    parse: readCommands,
    initial: right(readCommands(defaultCommandsText())),
    onFault: parts.tellOwner,
    onMended: parts.tellOwner,
    audit: parts.audit,
  });
  const custom = createCustomCommands({ ...parts, file });
  let all: { readonly from: unknown; readonly commands: readonly Command[] } | null = null;

  const commands = (): readonly Command[] => {
    const from = custom();
    if (all?.from !== from) {
      const asking = file.current().filter(({ confirm }) => confirm !== undefined);
      all = { from, commands: [...from, ...confirmCommands(parts, asking)] };
    }
    return all.commands;
  };

  return {
    commands,
    acts: confirmPresses(parts),
    provide: () => {
      if (!existsSync(path)) writePrivateFile(path, defaultCommandsText());
    },
    watch: (list, retryDelayMs) => {
      let listed = commands();
      let listing: Persistent | undefined;
      const listNow = async (): Promise<boolean> => {
        try {
          const now = commands();
          if (!(await list())) return false;
          listed = now;
          return now === commands();
        } catch (error) {
          parts.onFault(error);
          return false;
        }
      };
      const timer = setInterval(() => {
        try {
          if (commands() === listed) return;
          if (listing === undefined) listing = persist(listNow, retryDelayMs);
          else listing.kick();
        } catch (error) {
          parts.onFault(error);
        }
      }, LOOK_EVERY_MS);
      return () => {
        clearInterval(timer);
        listing?.close();
      };
    },
  };
}

function right(parsed: Parsed<readonly CustomCommand[]>): readonly CustomCommand[] {
  if ('ok' in parsed) return parsed.ok;
  throw new Error(parsed.fault);
}
