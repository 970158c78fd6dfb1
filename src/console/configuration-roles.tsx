import type { FC } from 'hono/jsx';
import type { BotProfile } from '../core/bot.ts';
import { Empty, Scroll, Time } from '../pages/words.tsx';
import { createAppointments, giverOf, type Appointed } from '../policy/appointments.ts';
import { Change } from './configuration-words.tsx';
import type { ConsoleParts } from './parts.ts';

/** Who may use which bot. */
export const RolesSection: FC<{ readonly parts: ConsoleParts }> = ({ parts }) => {
  const appointments = createAppointments(parts);
  return (
    <section class="card stack" aria-labelledby="roles-title">
      <h2 id="roles-title">Roles</h2>
      <Change>
        <code>claudio access grant ID ROLE</code> and <code>claudio access revoke ID</code>, with{' '}
        <code>--bot BOT</code> and <code>--chat ID</code>; or <code>/access</code> in a chat.
      </Change>
      {parts.bots.all().map((bot) => (
        <>
          <h3>{bot.name}</h3>
          <People bot={bot} appointed={appointments.list(bot)} nowMs={parts.clock.now()} />
        </>
      ))}
    </section>
  );
};

const People: FC<{
  readonly bot: BotProfile;
  readonly appointed: readonly Appointed[];
  readonly nowMs: number;
}> = ({ bot, appointed, nowMs }) =>
  appointed.length === 0 ? (
    <Empty>Nobody may use this bot.</Empty>
  ) : (
    <Scroll label={`Roles with the bot ${bot.name}`}>
      <table>
        <caption class="visually-hidden">Who has which role with the bot {bot.name}</caption>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Role</th>
            <th scope="col">Where</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {appointed.map(({ personId, name, role, destination, grantedBy, atMs }) => (
            <tr>
              <th scope="row">
                {name ?? personId} {name === null ? null : <span class="muted">{personId}</span>}
              </th>
              <td>{role === 'none' ? 'no role' : role}</td>
              <td>
                {destination === null
                  ? 'every chat'
                  : `chat ${destination.slice(bot.source.length + 1)}`}
              </td>
              <td>
                {giverOf(grantedBy)} {atMs === null ? null : <Time atMs={atMs} nowMs={nowMs} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
