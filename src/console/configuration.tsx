import { Hono } from 'hono';
import type { FC } from 'hono/jsx';
import { ClaudioError } from '../core/error.ts';
import { showSettings } from '../ops/settings.ts';
import { WithCode } from '../pages/with-code.tsx';
import { Badge, Empty } from '../pages/words.tsx';
import { BOT_SETTING_NAMES, isBotsAlone } from '../platform/configuration/bots.ts';
import { inspectConfiguration, type Inspection } from '../platform/configuration/load.ts';
import { createProjectStore } from '../policy/projects.ts';
import { BotsSection } from './configuration-bots.tsx';
import { PolicySection } from './configuration-policy.tsx';
import { RolesSection } from './configuration-roles.tsx';
import { Change, SettingsTable, SOURCES, Value } from './configuration-words.tsx';
import { Frame } from './frame.tsx';
import type { ConsoleParts } from './parts.ts';

/** What is set up, and with which command each of it is changed. Secrets are masked. */
export function configurationPage(parts: ConsoleParts): Hono {
  const app = new Hono();
  app.get('/configuration', (context) =>
    context.html(
      <Frame title="Configuration" current="/configuration">
        <h1>Configuration</h1>
        <p class="muted">
          Nothing is changed here: each part names the command that does. Secrets are masked.
        </p>
        <div class="stack">
          <Files parts={parts} />
          <RolesSection parts={parts} />
          <Projects parts={parts} />
          <PolicySection parts={parts} />
        </div>
      </Frame>,
    ),
  );
  return app;
}

/** What the files and the environment say now. */
const Files: FC<{ readonly parts: ConsoleParts }> = ({ parts }) => {
  const inspection = inspected(parts);
  if (inspection instanceof ClaudioError) {
    return (
      <section class="card stack" role="alert">
        <p>{parts.mask(inspection.message).text}</p>
        <p>
          <WithCode text={parts.mask(inspection.hint).text} />
        </p>
      </section>
    );
  }
  return (
    <>
      <Faults inspection={inspection} mask={(text) => parts.mask(text).text} />
      <BotsSection inspection={inspection} parts={parts} />
      <SettingsSection inspection={inspection} parts={parts} />
    </>
  );
};

function inspected({ environment }: ConsoleParts): Inspection | ClaudioError {
  try {
    return inspectConfiguration(environment);
  } catch (error) {
    if (error instanceof ClaudioError) return error;
    throw error;
  }
}

const Faults: FC<{ readonly inspection: Inspection; readonly mask: (text: string) => string }> = ({
  inspection: { faults, warnings },
  mask,
}) =>
  faults.length + warnings.length === 0 ? null : (
    <section class="card stack" aria-labelledby="faults-title">
      <h2 id="faults-title">To be looked at</h2>
      {faults.length === 0 ? null : (
        <p role="alert">
          With what is set now, the service would not start again. It goes on with what it has.
        </p>
      )}
      <ul>
        {[...faults, ...warnings].map((text) => (
          <li>
            <WithCode text={mask(text)} />
          </li>
        ))}
      </ul>
    </section>
  );

const SettingsSection: FC<{ readonly inspection: Inspection; readonly parts: ConsoleParts }> = ({
  inspection,
  parts: { environment, settings, mask },
}) => {
  const shown = showSettings(inspection, environment).filter(({ name }) => !isBotsAlone(name));
  const inForce = new Map<string, unknown>(Object.entries(settings));
  const inFiles = new Map<string, unknown>(Object.entries(inspection.settings));
  // What is a bot's is taken over by a reload too.
  const waits = (name: string) =>
    !BOT_SETTING_NAMES.some((one) => one === name) &&
    JSON.stringify(inForce.get(name)) !== JSON.stringify(inFiles.get(name));
  return (
    <section class="card stack" aria-labelledby="settings-title">
      <h2 id="settings-title">Settings</h2>
      <Change>
        <code>claudio config set NAME VALUE</code>, then <code>claudio restart</code>. They stand in{' '}
        <span class="mono">{inspection.file}</span>; the environment wins over it.
      </Change>
      <SettingsTable
        label="All settings"
        caption="Each setting, its value and where it comes from"
        rows={shown.map(({ name, value, source }) => ({
          name,
          value: (
            <>
              <Value value={value === null ? null : mask(value).text} />
              {waits(name) ? (
                <>
                  {' '}
                  <Badge kind="warn">from the next start on</Badge>
                </>
              ) : null}
            </>
          ),
          from: value === null ? '' : SOURCES[source],
        }))}
      />
    </section>
  );
};

const Projects: FC<{ readonly parts: ConsoleParts }> = ({ parts: { database, clock } }) => {
  const projects = createProjectStore(database, clock).list();
  return (
    <section class="card stack" aria-labelledby="projects-title">
      <h2 id="projects-title">Projects</h2>
      <Change>
        <code>claudio project add NAME FOLDER</code> and <code>claudio project remove NAME</code>;
        in a chat, <code>/project NAME</code> chooses one.
      </Change>
      {projects.length === 0 ? (
        <Empty>None: Claude works in the folder of the bot.</Empty>
      ) : (
        <dl>
          {projects.map(({ name, path }) => (
            <>
              <dt>{name}</dt>
              <dd class="mono">{path}</dd>
            </>
          ))}
        </dl>
      )}
    </section>
  );
};
