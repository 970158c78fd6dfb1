import type { Host } from '../../platform/host.ts';

/** How cloudflared comes onto a machine. */
export interface InstallPlan {
  readonly needsRoot: boolean;
  /** What is put into its place first. */
  readonly files: readonly {
    /** What it is called until then. */
    readonly name: string;
    readonly target: string;
    /** Where it is fetched from; `null` where the content is here. */
    readonly url: string | null;
    readonly content?: string;
    /** Whether it is what it ought to be. */
    readonly isRight: (content: Uint8Array) => boolean;
  }[];
  /** None where the person must do it. */
  readonly commands: readonly (readonly string[])[];
  /** The same for a person, a line each. */
  readonly instructions: readonly string[];
}

const DOWNLOADS =
  'https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/downloads/';
const KEYRING = '/usr/share/keyrings/cloudflare-main.gpg';
const APT_LIST = '/etc/apt/sources.list.d/cloudflared.list';
const YUM_REPO = '/etc/yum.repos.d/cloudflared.repo';

/**
 * The way that fits this machine.
 *
 * Source: https://pkg.cloudflare.com/index.html
 */
export function installPlan(host: Host, source: string): InstallPlan {
  // Homebrew refuses to be run by root.
  if (host.locate('brew') !== null && host.userId !== 0) return brewPlan();
  if (host.platform === 'linux') {
    if (host.locate('apt-get') !== null) return aptPlan(host, source);
    for (const program of ['dnf', 'yum']) {
      if (host.locate(program) !== null) return yumPlan(host, source, program);
    }
  }
  return {
    needsRoot: false,
    files: [],
    commands: [],
    instructions: [`Take the package or the program for this machine from ${DOWNLOADS}`],
  };
}

function brewPlan(): InstallPlan {
  const command = ['brew', 'install', 'cloudflared'];
  return { needsRoot: false, files: [], commands: [command], instructions: [command.join(' ')] };
}

function aptPlan(host: Host, source: string): InstallPlan {
  const url = `${source}/cloudflare-main.gpg`;
  const line = `deb [signed-by=${KEYRING}] ${source}/cloudflared any main`;
  const sudo = sudoFor(host);
  return {
    needsRoot: true,
    files: [
      { name: 'cloudflare-main.gpg', target: KEYRING, url, isRight: isKeyring },
      {
        name: 'cloudflared.list',
        target: APT_LIST,
        url: null,
        content: `${line}\n`,
        isRight: () => true,
      },
    ],
    commands: [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', 'cloudflared'],
    ],
    instructions: [
      `${sudo}mkdir -p --mode=0755 /usr/share/keyrings`,
      `${sudo}curl -fsSL -o ${KEYRING} ${url}`,
      `echo '${line}' | ${sudo}tee ${APT_LIST}`,
      `${sudo}apt-get update`,
      `${sudo}apt-get install cloudflared`,
    ],
  };
}

function yumPlan(host: Host, source: string, program: string): InstallPlan {
  const url = `${source}/cloudflared.repo`;
  const sudo = sudoFor(host);
  return {
    needsRoot: true,
    files: [
      {
        name: 'cloudflared.repo',
        target: YUM_REPO,
        url,
        isRight: (content) => isSignedRepository(content, source),
      },
    ],
    commands: [[program, 'install', '-y', 'cloudflared']],
    instructions: [
      `${sudo}curl -fsSL -o ${YUM_REPO} ${url}`,
      `${sudo}${program} install cloudflared`,
    ],
  };
}

function sudoFor(host: Host): string {
  return host.userId === 0 ? '' : 'sudo ';
}

/** A binary OpenPGP packet has its highest bit set: https://www.rfc-editor.org/rfc/rfc9580#section-4.2 */
function isKeyring(content: Uint8Array): boolean {
  return content.byteLength > 100 && ((content[0] ?? 0) & 0x80) !== 0;
}

/** Cloudflare once shipped this file with an address of its own test site in it. */
function isSignedRepository(content: Uint8Array, source: string): boolean {
  const lines = new TextDecoder().decode(content).split(/\r?\n/u);
  const has = (start: string) => lines.some((line) => line.startsWith(start));
  return (
    has(`baseurl=${source}/`) &&
    has(`gpgkey=${source}/`) &&
    lines.includes('gpgcheck=1') &&
    lines.filter((line) => line.startsWith('baseurl=')).length === 1
  );
}
