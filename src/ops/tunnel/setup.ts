import { chmodSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ClaudioError } from '../../core/error.ts';
import { changeEnvFile } from '../../platform/configuration/change.ts';
import type { Inspection } from '../../platform/configuration/load.ts';
import { makePrivate, writePrivateFile } from '../../platform/files.ts';
import type { Host } from '../../platform/host.ts';
import { cloudflareAccount, isLoggedIn, logIn, type CloudflareAccount } from './account.ts';
import { WEBHOOK_PATHS, writeConfig } from './config-file.ts';
import { checkConfig } from './config-check.ts';
import { credentialsFile, readCredentials } from './credentials.ts';
import type { Person } from './person.ts';

/** What a set-up of a tunnel needs. */
export interface SetupParts {
  readonly host: Host;
  readonly ui: Person;
  /** Absolute path of the program. */
  readonly cloudflared: string;
  readonly inspection: Inspection;
  /** Aborts when the person breaks it off. */
  readonly signal: AbortSignal;
}

/**
 * Sets a named tunnel up: login, tunnel and credentials, DNS record, configuration, settings. Each step
 * looks first whether it is done; the settings are written last, so what was broken off goes on.
 *
 * @param wanted.hostname In small letters.
 * @returns Whether anything was changed here that a running service does not know.
 * @throws ClaudioError `tunnel.…`, `cloudflare.unreachable`, `cli.…`, `home.unusable`
 */
export async function setupNamedTunnel(
  parts: SetupParts,
  wanted: { readonly name: string; readonly hostname: string },
): Promise<boolean> {
  const { host, ui, cloudflared, inspection } = parts;
  const { home, settings } = inspection;
  const file = credentialsFile(home);
  const before = readCredentials(file);
  const isSetUp =
    before.kind === 'read' &&
    settings.TUNNEL_NAME === wanted.name &&
    settings.TUNNEL_HOSTNAME === wanted.hostname;
  let isNew = false;
  // A home that was moved to another machine brings all that is needed, but for the login.
  if (isSetUp && !isLoggedIn(host)) {
    ui.say(
      'Nobody is logged in to Cloudflare here, so the tunnel and its DNS record are not checked.',
    );
  } else {
    await ensureLogin(parts, wanted.hostname);
    // The person's own ~/.cloudflared/config.yml is kept out of it.
    const neutral = join(home, 'cloudflared.setup.yml');
    writePrivateFile(neutral, 'no-autoupdate: true\n');
    try {
      const account = cloudflareAccount(host, cloudflared, neutral);
      isNew = await ensureCredentials(parts, account, wanted.name, file);
      await ensureRoute(parts, account, tunnelIdIn(file), wanted.hostname);
    } finally {
      rmSync(neutral, { force: true });
    }
  }
  makePrivate(file);
  const route = {
    named: { tunnelId: tunnelIdIn(file), credentialsFile: file, hostname: wanted.hostname },
    port: settings.PORT,
    webhookPaths: WEBHOOK_PATHS,
  };
  await checkConfig(host, cloudflared, writeConfig(home, route), route);
  ui.done('The configuration of the tunnel lets the webhook through, and nothing else.');

  const { WEBHOOK_URL } = inspection.given;
  const isOurs = WEBHOOK_URL?.replace(/\/+$/u, '') === `https://${wanted.hostname}`;
  const isChanged = changeEnvFile(inspection.file, {
    TUNNEL_NAME: wanted.name,
    TUNNEL_HOSTNAME: wanted.hostname,
    TUNNEL_QUICK: null,
    ...(isOurs ? {} : { WEBHOOK_URL: null }),
  });
  return isChanged || isNew;
}

/** Makes the service use a quick tunnel. @returns Whether that is new. @throws ClaudioError `home.unusable` */
export function setupQuickTunnel(inspection: Inspection): boolean {
  return changeEnvFile(inspection.file, {
    TUNNEL_QUICK: '1',
    TUNNEL_NAME: null,
    TUNNEL_HOSTNAME: null,
    WEBHOOK_URL: null,
  });
}

async function ensureLogin(
  { host, ui, cloudflared, signal }: SetupParts,
  hostname: string,
): Promise<void> {
  if (isLoggedIn(host)) return;
  if (!ui.isInteractive) {
    throw new ClaudioError({
      code: 'tunnel.not-logged-in',
      message: 'Nobody is logged in to Cloudflare on this machine, and there is nobody to do it.',
      hint: `Run \`cloudflared tunnel login\`, choose the domain of ${hostname} in the browser, and run this again.`,
    });
  }
  ui.say(`Log in to Cloudflare in a browser, and choose the domain of ${hostname} there.`);
  await logIn(host, cloudflared, signal, (url) =>
    ui.block(url, 'If no browser opens, open this address, on any machine:'),
  );
  ui.done('Logged in to Cloudflare.');
}

/** @returns Whether the credentials are others than before. */
async function ensureCredentials(
  { ui, inspection }: SetupParts,
  account: CloudflareAccount,
  name: string,
  file: string,
): Promise<boolean> {
  const found = await ui.step('Looking for the tunnel', () => account.find(name));
  const own = readCredentials(file);
  const fresh = `${file}.new`;
  // What a set-up left that was broken off; cloudflared writes into no file that is there.
  rmSync(fresh, { force: true });
  if (found === null) {
    if (own.kind === 'read' && inspection.settings.TUNNEL_NAME === name) {
      const question = `The tunnel ${name}, set up here, is not in the account that you are logged in to: it was deleted, or it is another account. Make a new one?`;
      if (!(await ui.confirm(question))) throw declined('wrong-account', 'No new tunnel was made.');
    }
    await ui.step(`Making the tunnel ${name}`, () => account.create(name, fresh));
  } else {
    const isOwn = own.kind === 'read' && own.tunnelId === found.id;
    if (!isOwn && found.connectionCount > 0) {
      const question = `The account has a tunnel ${name}, and a cloudflared elsewhere is connected to it: the two would share what comes in. Use it in spite of that?`;
      if (!(await ui.confirm(question))) throw declined('name-taken', 'The tunnel is in use.');
    }
    await ui.step('Fetching the credentials of the tunnel', () =>
      account.fetchCredentials(found.id, fresh),
    );
  }
  tunnelIdIn(fresh);
  const isSame = own.kind === 'read' && readFileSync(file).equals(readFileSync(fresh));
  if (isSame) {
    rmSync(fresh);
  } else {
    chmodSync(fresh, 0o600);
    renameSync(fresh, file);
  }
  ui.done(
    `The tunnel ${name} is ${found === null ? 'made' : 'there'}, and its credentials are in ${file}.`,
  );
  return !isSame;
}

async function ensureRoute(
  { ui }: SetupParts,
  account: CloudflareAccount,
  tunnelId: string,
  hostname: string,
): Promise<void> {
  let routed = await ui.step(`Leading ${hostname} to the tunnel`, () =>
    account.route(tunnelId, hostname, false),
  );
  if (routed.kind === 'taken') {
    const question = `${hostname} has a DNS record that leads elsewhere. Replace it?`;
    if (!(await ui.confirm(question))) {
      throw declined('dns-taken', `${hostname} leads elsewhere and was left alone.`);
    }
    routed = await ui.step('Replacing the DNS record', () =>
      account.route(tunnelId, hostname, true),
    );
  }
  const record = routed.kind === 'routed' ? routed.record : null;
  if (record === null) {
    ui.warn(`cloudflared did not say which DNS record it made: see that it is ${hostname}.`);
    return;
  }
  if (record.toLowerCase() !== hostname) {
    throw new ClaudioError({
      code: 'tunnel.wrong-zone',
      message: `The login is for another domain: Cloudflare made the DNS record ${record} instead of ${hostname}.`,
      hint: `Delete that record in Cloudflare's dashboard, move ~/.cloudflared/cert.pem away, run \`claudio tunnel setup\` again, and choose the domain of ${hostname} when you log in.`,
    });
  }
  ui.done(`${hostname} leads to the tunnel.`);
}

/** @throws ClaudioError where the file holds no credentials. */
function tunnelIdIn(file: string): string {
  const credentials = readCredentials(file);
  if (credentials.kind === 'read') return credentials.tunnelId;
  throw new ClaudioError({
    code: 'tunnel.no-credentials',
    message:
      credentials.kind === 'missing'
        ? `cloudflared wrote no credentials into ${file}.`
        : `${credentials.reason}.`,
    hint: 'Run `claudio tunnel setup` again; it fetches them anew.',
  });
}

function declined(code: string, message: string): ClaudioError {
  return new ClaudioError({
    code: `tunnel.${code}`,
    message,
    hint: 'Choose another --name or --hostname, or agree the next time.',
  });
}
