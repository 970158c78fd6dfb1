import { createConsoleSessions, LINK_LASTS_MS } from '../../console/sessions.ts';
import { ENTER_PATH } from '../../pages/entrance.tsx';
import { systemClock } from '../../platform/clock.ts';
import type { Shell } from './open.ts';

/** A link that leads into the console once. */
export interface ConsoleLink {
  readonly url: string;
  readonly expiresAtMs: number;
}

/**
 * Makes a link into the console of the service of this home.
 *
 * @param isOwn Whether it is for browsers of this user alone, as far as that can be told.
 * @throws what {@link Shell.commit} throws.
 */
export async function inviteFromShell(shell: Shell, isOwn: boolean): Promise<ConsoleLink> {
  const { database, audit, settings } = shell;
  const sessions = createConsoleSessions(database, systemClock, audit);
  const key = await shell.commit(() => sessions.invite(isOwn));
  return {
    url: `http://127.0.0.1:${settings.PORT}${ENTER_PATH}?key=${key}`,
    expiresAtMs: systemClock.now() + LINK_LASTS_MS,
  };
}
