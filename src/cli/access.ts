import { withAccess, type AccessShell } from '../app/from-shell/access.ts';
import { ClaudioError } from '../core/error.ts';
import { aRole, type Role, SHELL_PERSON } from '../core/role.ts';
import { giverOf, type Appointed, type WishRefused } from '../policy/appointments.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';

/** Which bot and which chat are meant: the first, and every one, unless named. */
export type AccessOptions = CommonOptions & { readonly bot?: string; readonly chat?: string };

const SHELL = { personId: SHELL_PERSON, conversationId: '' };
const GAP = '  ';

/** `claudio access list` */
export function accessList(context: CliContext, options: AccessOptions): Promise<number> {
  return withAccess(
    context.environment,
    async (shell) => {
      const { appointments, bot, reachOf } = shell;
      const chat = reachOf(options.chat).destination ?? undefined;
      const rows = appointments.list(bot, chat).map((one) => rowOf(one, shell));
      if (options.json === true) context.print(JSON.stringify(rows, null, 2));
      else if (rows.length === 0) context.ui.say('Nobody may use this bot.');
      else context.print(tableOf(rows));
      return await Promise.resolve(EXIT.ok);
    },
    options,
  );
}

/** `claudio access grant`: beside the running service, which heeds it from the next message on. */
export function accessGrant(
  context: CliContext,
  personId: string,
  role: Role,
  options: AccessOptions,
): Promise<number> {
  return withAccess(
    context.environment,
    async (shell) => {
      const reach = shell.reachOf(options.chat);
      const outcome = await shell.commit(() =>
        shell.appointments.grant({ personId, role, reach, by: SHELL }),
      );
      if (outcome.kind !== 'granted') throw refused(personId, outcome);
      const { name } = outcome;
      const where = whereOf(options);
      if (options.json === true) {
        context.print(JSON.stringify({ id: personId, name, role, chat: options.chat ?? null }));
      } else context.ui.done(`${called(personId, name)} is ${aRole(role)} ${where} from now on.`);
      return EXIT.ok;
    },
    options,
  );
}

/** `claudio access revoke`: 1 where there is nothing to take back. */
export function accessRevoke(
  context: CliContext,
  personId: string,
  options: AccessOptions,
): Promise<number> {
  return withAccess(
    context.environment,
    async (shell) => {
      const reach = shell.reachOf(options.chat);
      const outcome = await shell.commit(() =>
        shell.appointments.revoke({ personId, reach, by: SHELL }),
      );
      const where = whereOf(options);
      if (outcome.kind === 'had-none') {
        context.ui.warn(
          `${personId} has no role that counts ${where}, so there is nothing to take back. \`claudio access list\` shows who has one.`,
        );
        return EXIT.failed;
      }
      if (outcome.kind !== 'revoked') throw refused(personId, outcome);
      const { name } = outcome;
      if (options.json === true) {
        context.print(
          JSON.stringify({ id: personId, name, role: null, chat: options.chat ?? null }),
        );
      } else context.ui.done(`${called(personId, name)} lost the role that counted ${where}.`);
      return EXIT.ok;
    },
    options,
  );
}

/** A line of the list, as `--json` has it. */
interface Row {
  readonly id: string;
  readonly name: string | null;
  /** `none`: what is given elsewhere was taken away. */
  readonly role: Appointed['role'];
  /** `null`: every chat. */
  readonly chat: string | null;
  /** `settings`, `command line`, or the id of a person. */
  readonly grantedBy: string;
  /** ISO 8601; `null` for the settings. */
  readonly at: string | null;
}

function rowOf(appointed: Appointed, { chatOf }: AccessShell): Row {
  const { personId, name, role, destination, grantedBy, atMs } = appointed;
  return {
    id: personId,
    name,
    role,
    chat: destination === null ? null : chatOf(destination),
    grantedBy: giverOf(grantedBy),
    at: atMs === null ? null : new Date(atMs).toISOString(),
  };
}

/** What differs in length most stands last. */
function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ id, name, role, chat, grantedBy }) => [
    id,
    role === 'none' ? 'no role' : role,
    chat === null ? 'every chat' : `chat ${chat}`,
    `by ${grantedBy}`,
    name ?? '',
  ]);
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

function called(personId: string, name: string | null): string {
  return name === null ? personId : `${name} (${personId})`;
}

function whereOf({ chat }: AccessOptions): string {
  return chat === undefined ? 'in every chat' : `in the chat ${chat}`;
}

function refused(personId: string, { kind }: WishRefused): ClaudioError {
  return kind === 'no-person'
    ? new ClaudioError({
        code: 'access.no-person',
        message: `${personId} is not the id of a person.`,
        hint: 'It is a whole number, such as 123456789; @userinfobot on Telegram tells it.',
      })
    : new ClaudioError({
        code: 'access.owner',
        message: `The bot belongs to ${personId} by its settings.`,
        hint: 'That can only be changed there: `claudio config set TELEGRAM_CHAT_ID ID`.',
      });
}
