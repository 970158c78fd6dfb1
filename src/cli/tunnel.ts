import { ClaudioError } from '../core/error.ts';
import { tunnelDiagnoses } from '../ops/doctor/tunnel.ts';
import { serviceFinding } from '../ops/status/service.ts';
import { viewOf } from '../ops/status/site.ts';
import { installCloudflared } from '../ops/tunnel/get-cloudflared.ts';
import { findCloudflared } from '../ops/tunnel/locate.ts';
import { setupNamedTunnel, setupQuickTunnel, type SetupParts } from '../ops/tunnel/setup.ts';
import {
  claudioHome,
  inspectConfiguration,
  type Inspection,
} from '../platform/configuration/load.ts';
import { settingsSchema } from '../platform/configuration/schema.ts';
import { lockHome } from '../platform/home-lock.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';
import { formatFindings, wantsColours } from './findings.ts';
import { untilInterrupted } from './interrupt.ts';
import { withSite } from './site.ts';

const DEFAULT_NAME = 'claudio';
const SETTINGS = ['TUNNEL_NAME', 'TUNNEL_HOSTNAME', 'TUNNEL_QUICK', 'WEBHOOK_URL'];

export interface TunnelSetupOptions {
  readonly name?: string;
  readonly hostname?: string;
  readonly quick?: boolean;
}

/**
 * `claudio tunnel setup`: a named tunnel, or with `quick` a throw-away address.
 *
 * @throws ClaudioError `install.under-way`; what {@link connectTunnel} throws
 */
export async function tunnelSetup(
  context: CliContext,
  options: TunnelSetupOptions,
): Promise<number> {
  const lock = lockHome(claudioHome(context.environment), 'install');
  try {
    const isChanged = await connectTunnel(context, options);
    if (isChanged)
      context.ui.say('Where the service runs already, `claudio restart` makes it count.');
    return EXIT.ok;
  } finally {
    lock.release();
  }
}

/**
 * The same, for who has the lock.
 *
 * @returns Whether a service that runs has to be restarted for it.
 * @throws ClaudioError `cli.…`, `tunnel.…`, `cloudflare.unreachable`, `home.unusable`
 */
export async function connectTunnel(
  context: CliContext,
  options: TunnelSetupOptions,
): Promise<boolean> {
  const { environment, host, ui } = context;
  if (options.quick === true && (options.name ?? options.hostname) !== undefined) {
    throw new ClaudioError({
      code: 'cli.usage',
      message: 'A throw-away address has neither a name nor a host name of yours.',
      hint: 'Give --quick, or --name and --hostname.',
    });
  }
  const inspection = inspectConfiguration(environment);
  // What is wrong with the options is told before anything is installed.
  checked('TUNNEL_NAME', '--name', options.name);
  checked('TUNNEL_HOSTNAME', '--hostname', options.hostname);
  ui.heading('The tunnel from Cloudflare to this machine');
  const cloudflared = await ensureCloudflared(context, inspection);
  const setUp = async (signal: AbortSignal): Promise<boolean> => {
    if (options.quick === true) return setupQuickTunnel(inspection);
    const parts: SetupParts = { host, ui, cloudflared, inspection, signal };
    return await setupNamedTunnel(parts, await askWanted(context, inspection, options));
  };
  const isChanged = await untilInterrupted(setUp);
  for (const name of SETTINGS.filter((setting) => (environment[setting] ?? '') !== '')) {
    ui.warn(`${name} is set in your environment, which wins over ${inspection.file}.`);
  }
  ui.done(
    options.quick === true
      ? 'The service asks Cloudflare for a throw-away address at each start.'
      : 'The tunnel is set up.',
  );
  return isChanged;
}

/** `claudio tunnel status`. @returns 0 where the tunnel is ready, else 1. */
export async function tunnelStatus(context: CliContext, options: CommonOptions): Promise<number> {
  const { tunnel, findings } = await withSite(context, async (site) => {
    const view = await viewOf(site);
    return {
      tunnel: view.report?.checks['tunnel'] ?? null,
      findings: [await serviceFinding(view), ...(await tunnelDiagnoses(view))],
    };
  });
  context.print(
    options.json === true
      ? JSON.stringify({ tunnel, findings }, null, 2)
      : formatFindings(findings, {
          isColoured: wantsColours(process.stdout, context.environment),
        }),
  );
  return tunnel?.ok === true ? EXIT.ok : EXIT.failed;
}

/** Which tunnel the person wants: from the options, the settings, or by asking. */
async function askWanted(
  { ui }: CliContext,
  { settings }: Inspection,
  options: { readonly name?: string; readonly hostname?: string },
) {
  const name = options.name ?? settings.TUNNEL_NAME ?? DEFAULT_NAME;
  const hostname =
    options.hostname ??
    settings.TUNNEL_HOSTNAME ??
    (await ui.text(
      'Which address shall the tunnel have? Its domain must be one of yours at Cloudflare: claudio.example.com',
      '--hostname',
      (text) => faultOf('TUNNEL_HOSTNAME', text),
    ));
  // Cloudflare keeps records in small letters and takes another spelling for another name.
  return { name, hostname: hostname.toLowerCase() };
}

/** @returns The path of a cloudflared that is fit for use. @throws ClaudioError `tunnel.no-cloudflared` */
async function ensureCloudflared(context: CliContext, inspection: Inspection): Promise<string> {
  const { host, ui } = context;
  const configured = inspection.settings.CLOUDFLARED_BIN;
  const found = await findCloudflared(host, configured);
  if (found.kind === 'found') return found.path;
  if (found.kind === 'missing' && configured === undefined) {
    const http = createHttpClient();
    try {
      const installed = await installCloudflared(host, ui, http);
      const now = await findCloudflared(host, configured);
      if (now.kind === 'found') return now.path;
      throw noCloudflared(
        installed.kind === 'failed'
          ? `cloudflared could not be installed (${installed.reason})`
          : found.reason,
        'Install it as shown, and run `claudio tunnel setup` again.',
      );
    } finally {
      await http.close();
    }
  }
  throw noCloudflared(found.reason, found.remedy);
}

function noCloudflared(reason: string, hint: string): ClaudioError {
  return new ClaudioError({ code: 'tunnel.no-cloudflared', message: `${reason}.`, hint });
}

/** @throws ClaudioError `cli.usage` */
function checked(setting: CheckedSetting, option: string, text: string | undefined): void {
  const fault = text === undefined ? null : faultOf(setting, text);
  if (fault === null) return;
  throw new ClaudioError({
    code: 'cli.usage',
    message: `${option} ${fault}.`,
    hint: 'For example: claudio tunnel setup --name claudio --hostname claudio.example.com',
  });
}

type CheckedSetting = 'TUNNEL_NAME' | 'TUNNEL_HOSTNAME';
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

function faultOf(setting: CheckedSetting, text: string): string | null {
  const parsed = settingsSchema.shape[setting].safeParse(text);
  if (!parsed.success) return parsed.error.issues[0]?.message ?? 'is not right';
  if (text === '') return 'must not be empty';
  if (setting === 'TUNNEL_NAME' && (UUID.test(text) || !/^\w/u.test(text))) {
    return 'must begin with a letter or digit and be no id';
  }
  return null;
}
