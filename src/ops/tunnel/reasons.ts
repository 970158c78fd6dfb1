import type { Tunnel } from './tunnel.ts';

/** Why there is no tunnel, and what to do. */
export interface Trouble {
  /** In a few words. */
  readonly reason: string;
  /** A sentence. */
  readonly remedy: string;
}

const MAX_REASON_CHARACTERS = 200;

/** What cloudflared says, and what to do about it. The first that fits counts. */
const KNOWN: readonly {
  readonly said: RegExp;
  readonly remedy: string;
  /** The same for a quick tunnel, where it is another. */
  readonly quick?: string;
}[] = [
  {
    said: /Unauthorized|Invalid tunnel secret|Tunnel not found/iu,
    remedy: 'Cloudflare does not take the credentials: `claudio tunnel setup` fetches new ones.',
    // Cloudflare forgets a quick tunnel that was away for long, as while a laptop slept.
    quick: 'Cloudflare has dropped the throw-away address; Claudio asks for a new one in minutes.',
  },
  {
    said: /credentials file|tunnel credentials/iu,
    remedy: '`claudio tunnel setup` fetches the credentials again.',
  },
  {
    said: /no such host|lookup |server misbehaving|DNS query|network is unreachable|no route to host|no recent network activity|free edge addresses|i\/o timeout|TLS handshake|dial |deadline exceeded|Client\.Timeout/iu,
    remedy:
      'See that this machine is online and may reach Cloudflare on port 7844 (TCP and UDP); Claudio goes on trying.',
  },
  {
    said: /quick tunnel/iu,
    remedy:
      'Cloudflare gives out no throw-away address now: wait some minutes, or set up one that stays with `claudio tunnel setup`.',
  },
  {
    said: /ingress|invalid address|parsing YAML|config file/iu,
    remedy: 'Update cloudflared; if that does not help, report it as a fault of Claudio.',
  },
];

/** What to do about what cloudflared said last. @param logFile Where all that it said is. */
export function troubleOf(said: string, kind: Tunnel['kind'], logFile: string): Trouble {
  const known = KNOWN.find((one) => one.said.test(said));
  const remedy =
    (kind === 'quick' ? known?.quick : undefined) ??
    known?.remedy ??
    `Read what cloudflared says in ${logFile}; Claudio goes on trying.`;
  const reason =
    said.length > MAX_REASON_CHARACTERS ? `${said.slice(0, MAX_REASON_CHARACTERS)}…` : said;
  return { reason, remedy };
}

/** Whether cloudflared ended because its metrics port was in use. */
export function isPortTaken(said: string): boolean {
  return /failed to bind to address|metrics server listener/iu.test(said);
}
