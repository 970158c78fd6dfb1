import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Cloudflare knows of the one account that the stand-in has. */
export interface Account {
  readonly id: string;
  /** Every cert carries it; another one is refused. */
  readonly apiToken: string;
  tunnels: Tunnel[];
  /** Host names and the tunnel that they lead to; `elsewhere` for what is no tunnel. */
  records: Record<string, string>;
  /** `open`: nobody goes to the address. */
  login: 'granted' | 'refused' | 'open';
}

export interface Tunnel {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  /** Those of other machines. */
  readonly connectionCount: number;
}

/** What `cert.pem` holds: it is good for one zone. */
export interface Cert {
  readonly zoneID: string;
  readonly accountID: string;
  readonly apiToken: string;
}

/** What is in a credentials file. */
export interface Credentials {
  readonly AccountTag: string;
  readonly TunnelSecret: string;
  readonly TunnelID: string;
}

const FILE = 'account.json';

export function newAccount(): Account {
  return {
    id: 'a0000000000000000000000000000001',
    apiToken: 'made-up-api-token',
    tunnels: [],
    records: {},
    login: 'granted',
  };
}

export function readAccount(folder: string): Account {
  return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Account;
}

export function writeAccount(folder: string, account: Account): void {
  writeFileSync(join(folder, FILE), JSON.stringify(account));
}

/** A cert as `cloudflared tunnel login` writes it; the stand-in's zone ids are the names of the zones. */
export function encodeCert(cert: Cert): string {
  const body = Buffer.from(JSON.stringify(cert)).toString('base64');
  return `-----BEGIN ARGO TUNNEL TOKEN-----\n${body}\n-----END ARGO TUNNEL TOKEN-----\n`;
}

export function readCert(path: string): Cert | null {
  if (!existsSync(path)) return null;
  const body = /-----BEGIN ARGO TUNNEL TOKEN-----\n(.+)\n-----END/u.exec(
    readFileSync(path, 'utf8'),
  );
  if (body?.[1] === undefined) return null;
  return JSON.parse(Buffer.from(body[1], 'base64').toString()) as Cert;
}

export function credentialsOf(account: Account, tunnel: Tunnel): Credentials {
  return { AccountTag: account.id, TunnelSecret: tunnel.secret, TunnelID: tunnel.id };
}

/** Writes a credentials file as cloudflared does: readable for its owner, and for nobody to write. */
export function writeCredentials(file: string, account: Account, tunnel: Tunnel): void {
  writeFileSync(file, JSON.stringify(credentialsOf(account, tunnel)), { mode: 0o400 });
}

export function findTunnel(account: Account, wanted: string): Tunnel | undefined {
  return account.tunnels.find(({ id, name }) => wanted === id || wanted === name);
}

export function secretOf(id: string): string {
  return Buffer.from(`made-up secret of ${id}`).toString('base64');
}
