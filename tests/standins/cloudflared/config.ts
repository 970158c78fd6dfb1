import { readFileSync } from 'node:fs';

/** What cloudflared's configuration says, as far as the stand-in goes. */
export interface Config {
  readonly tunnel: string | null;
  readonly credentialsFile: string | null;
  readonly ingress: readonly Rule[];
}

export interface Rule {
  readonly hostname: string;
  readonly path: string;
  readonly service: string;
}

/** Keys that cloudflared knows and the stand-in has no use for. */
const KNOWN = ['no-autoupdate', 'originRequest', 'grace-period'];

/** Reads the little YAML that a configuration needs; throws in cloudflared's words for everything else. */
export function readConfig(file: string): Config {
  const top: Record<string, string> = {};
  const rules: Record<string, string>[] = [];
  let isInIngress = false;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (/^\s*(?:#.*)?$/u.test(line)) continue;
    const entry = /^(\s*)(- )?([\w-]+):(?: (.*))?$/u.exec(line);
    if (entry === null) throw new Error(`error parsing YAML in config file at ${file}: ${line}`);
    const [, indent = '', dash, key = '', raw = ''] = entry;
    if (indent === '' && dash === undefined) {
      isInIngress = key === 'ingress';
      if (!isInIngress) top[key] = scalar(raw, file);
      continue;
    }
    if (!isInIngress) throw new Error(`error parsing YAML in config file at ${file}: ${line}`);
    if (dash !== undefined) rules.push({});
    const rule = rules.at(-1);
    if (rule === undefined)
      throw new Error(`error parsing YAML in config file at ${file}: ${line}`);
    rule[key] = scalar(raw, file);
  }
  const strange = Object.keys(top).filter(
    (key) => !['tunnel', 'credentials-file', ...KNOWN].includes(key),
  );
  if (strange.length > 0) throw new Error(`unused keys: ${strange.join(', ')}`);
  return {
    tunnel: top['tunnel'] ?? null,
    credentialsFile: top['credentials-file'] ?? null,
    ingress: rules.map(({ hostname = '', path = '', service = '' }) => ({
      hostname,
      path,
      service,
    })),
  };
}

function scalar(raw: string, file: string): string {
  if (raw.startsWith('"')) return JSON.parse(raw) as string;
  if (raw.startsWith("'")) return raw.slice(1, -1).replaceAll("''", "'");
  if (/[:#] | #|^[&*!|>%@`[{]/u.test(raw)) {
    throw new Error(`error parsing YAML in config file at ${file}: ${raw}`);
  }
  return raw;
}

/** Holds rules against those of cloudflared's ingress/ingress.go; the first fault is thrown in its words. */
export function checkRules(rules: readonly Rule[]): void {
  if (rules.length === 0) throw new Error("The config file doesn't contain any ingress rules");
  rules.forEach((rule, index) => {
    const isLast = index === rules.length - 1;
    const catchesAll = ['', '*'].includes(rule.hostname) && rule.path === '';
    checkService(rule.service);
    if (/:\d+$/u.test(rule.hostname)) throw new Error('Hostname cannot contain a port');
    if (rule.hostname.lastIndexOf('*') > 0) {
      throw new Error('Hostname patterns can have at most one wildcard character ("*")');
    }
    if (isLast && !catchesAll) {
      throw new Error(
        'The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)',
      );
    }
    if (!isLast && catchesAll) {
      throw new Error(`Rule #${index + 1} is matching the hostname '${rule.hostname}'`);
    }
    RegExp(rule.path, 'u');
  });
}

function checkService(service: string): void {
  const status = /^http_status:(\d+)$/u.exec(service)?.[1];
  if (status !== undefined) {
    if (Number(status) >= 100 && Number(status) <= 999) return;
    throw new Error(`invalid HTTP status code: ${status}`);
  }
  if (!URL.canParse(service)) {
    throw new Error(
      `${service} is an invalid address, please make sure it has a scheme and a hostname`,
    );
  }
  if (new URL(service).pathname !== '/' || service.endsWith('/')) {
    throw new Error(
      `${service} is an invalid address, ingress rules don't support proxying to a different path`,
    );
  }
}

/** The number of the rule that a URL comes to, as `Ingress.FindMatchingRule` has it. */
export function matchRule(rules: readonly Rule[], url: URL): number {
  const found = rules.findIndex(({ hostname, path }) => {
    const fitsHost =
      ['', '*', url.hostname].includes(hostname) ||
      (hostname.startsWith('*.') && url.hostname.endsWith(hostname.slice(1)));
    return fitsHost && (path === '' || RegExp(path, 'u').test(url.pathname));
  });
  return found === -1 ? rules.length - 1 : found;
}
