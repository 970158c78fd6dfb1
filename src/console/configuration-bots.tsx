import type { FC } from 'hono/jsx';
import { showSetting, type ShownSetting } from '../ops/settings.ts';
import { Badge } from '../pages/words.tsx';
import {
  BOT_SETTING_NAMES,
  isBotsAlone,
  type InspectedBot,
} from '../platform/configuration/bots.ts';
import { asBotSees, type Inspection } from '../platform/configuration/load.ts';
import { Change, SettingsTable, SOURCES, Value } from './configuration-words.tsx';
import type { ConsoleParts } from './parts.ts';

/** Each bot with what it has of its own, as the files say, and whether the service has taken it. */
export const BotsSection: FC<{ readonly inspection: Inspection; readonly parts: ConsoleParts }> = ({
  inspection,
  parts,
}) => {
  const inForce = parts.bots.all().map(({ name }) => name);
  const gone = inForce.filter((name) => !inspection.bots.some((bot) => bot.name === name));
  return (
    <section class="card stack" aria-labelledby="bots-title">
      <h2 id="bots-title">Bots</h2>
      <Change>
        <code>claudio config set NAME VALUE --bot BOT</code>, then <code>claudio reload</code>;{' '}
        <code>claudio install --bot BOT</code> adds one.
      </Change>
      {gone.map((name) => (
        <p>
          <strong>{name}</strong>{' '}
          <Badge kind="warn">
            its settings are gone, and it goes with <code>claudio reload</code>
          </Badge>
        </p>
      ))}
      {inspection.bots.map((bot) => (
        <Bot bot={bot} isTaken={inForce.includes(bot.name)} inspection={inspection} parts={parts} />
      ))}
    </section>
  );
};

const Bot: FC<{
  readonly bot: InspectedBot;
  readonly isTaken: boolean;
  readonly inspection: Inspection;
  readonly parts: ConsoleParts;
}> = ({ bot, isTaken, inspection, parts: { environment, mask } }) => {
  const isMain = bot.file === inspection.file;
  const seen = asBotSees(inspection, bot.name);
  // What the environment says is for the service, and has reached this bot by what it inherits.
  const around = isMain ? environment : { HOME: environment['HOME'] };
  const settings = BOT_SETTING_NAMES.map((name) => showSetting(name, seen, around));
  return (
    <>
      <h3>
        {bot.name}{' '}
        {isTaken ? null : (
          <Badge kind="warn">
            not taken yet: <code>claudio reload</code>
          </Badge>
        )}
      </h3>
      <p class="muted mono">{bot.file}</p>
      <SettingsTable
        label={`Settings of the bot ${bot.name}`}
        caption={`The settings of the bot ${bot.name}`}
        rows={settings.map((setting) => ({
          name: setting.name,
          value: <Value value={setting.value === null ? null : mask(setting.value).text} />,
          from: sourceOf(setting, bot, inspection),
        }))}
      />
    </>
  );
};

function sourceOf(
  { name, value, source }: ShownSetting,
  bot: InspectedBot,
  { file, given }: Inspection,
): string {
  if (value === null) return '';
  if (source !== 'file' || bot.file === file) return SOURCES[source];
  const isInherited = !isBotsAlone(name) && bot.given[name] === given[name];
  return isInherited ? 'the service' : 'bot.env';
}
