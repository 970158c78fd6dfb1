/** A well-known kind of key, by its form. */
export interface KeyKind {
  /** As a person calls it: `GitHub token`. */
  readonly name: string;
  /** What such a key begins with, or what stands before it: a pattern. */
  readonly start: string;
  /** What follows: a pattern. Where it has a group, only that is secret, and it ends there. */
  readonly body: string;
  /** How far it may reach while it is not complete; unless given, to the next white space. */
  readonly unfinished?: string;
  readonly flags?: 'i';
}

/** Each takes a bounded look from where it begins: the time is in proportion to the length of a text. */
export const KEY_KINDS: readonly KeyKind[] = [
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  { name: 'AWS key', start: '(?:AKIA|ASIA)', body: '[A-Z0-9]{16}\\b' },
  {
    name: 'AWS key',
    start: 'aws_secret_access_key["\'`]?\\s{0,3}[:=]\\s{0,3}["\'`]?',
    body: '([A-Za-z\\d+/]{40})(?![A-Za-z\\d+/])',
    flags: 'i',
  },
  // https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
  { name: 'GitHub token', start: '(?:gh[opsur]_|github_pat_)', body: '\\w{22,255}' },
  { name: 'GitLab token', start: 'gl(?:pat|dt|rt|ptt|cbt|soat)-', body: '[\\w-]{20,255}' },
  { name: 'Slack token', start: '(?:xox[a-z]-|xapp-\\d)', body: '[\\w-]{10,255}' },
  { name: 'Slack address', start: 'hooks\\.slack\\.com/services/', body: '(T[\\w/]{0,200})' },
  { name: 'Stripe key', start: '(?:[rs]k_(?:live|test)|whsec)_', body: '\\w{16,255}' },
  { name: 'ElevenLabs key', start: 'sk_', body: '[a-f\\d]{40,64}' },
  { name: 'npm token', start: 'npm_', body: '[A-Za-z0-9]{30,64}' },
  { name: 'Google key', start: 'AIza', body: '[\\w-]{35}' },
  { name: 'Google token', start: '(?:GOCSPX-|ya29\\.)', body: '[\\w-]{24,1024}' },
  { name: 'Hugging Face token', start: 'hf_', body: '[A-Za-z\\d]{30,64}' },
  { name: 'DigitalOcean token', start: 'do[opr]_v1_', body: '[a-f\\d]{60,64}' },
  { name: 'SendGrid key', start: 'SG\\.', body: '[\\w-]{20,64}(?:\\.[\\w-]{10,128})?' },
  { name: 'Shopify token', start: 'shp(?:at|ca|pa|ss)_', body: '[A-Fa-f\\d]{30,64}' },
  { name: 'PyPI token', start: 'pypi-', body: '[\\w-]{30,1024}' },
  { name: 'Vault token', start: 'hv[sb]\\.', body: '[\\w-]{24,300}' },
  { name: 'Tailscale key', start: 'tskey-[a-z]{2,10}-', body: '[\\w-]{20,100}' },
  { name: 'age key', start: 'AGE-SECRET-KEY-1', body: '[A-Z\\d]{50,64}' },
  { name: 'Anthropic key', start: '(?<!-)sk-ant-', body: '[\\w-]{20,255}' },
  // OpenAI, and those who took over its form.
  {
    name: 'API key',
    start: '(?<!-)sk-',
    body: '(?=[\\w-]{0,60}\\d)(?:(?=[\\w-]{0,60}[A-Z])[\\w-]{20,255}|(?:[a-z]{2,8}-){0,2}[a-z\\d]{20,255})',
  },
  // https://core.telegram.org/bots/api#authorizing-your-bot
  { name: 'Telegram token', start: '\\d{5,12}:', body: '(?=[\\w-]{0,60}[A-Z])[\\w-]{30,64}' },
  // https://www.rfc-editor.org/rfc/rfc7519, https://www.rfc-editor.org/rfc/rfc6750
  {
    name: 'web token',
    start: '(?<!-)eyJ',
    body: '[\\w-]{8,4096}\\.[\\w-]{8,8192}(?:\\.[\\w-]{0,2048})?',
  },
  {
    name: 'bearer token',
    start: 'bearer\\s{1,3}',
    body: '(?=[\\w.~+/-]{0,60}\\d)([\\w.~+/-]{16,4096}={0,2})',
    flags: 'i',
  },
  // https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1
  {
    name: 'password',
    start: '://[^\\s/:@]{0,100}:',
    body: '([^\\s/@?#]{1,200})(?=@)',
    unfinished: '[^\\s/@?#]{0,200}',
  },
];

/** Not in the middle of a word, but behind a line break as JSON writes it, and behind a colour of a terminal. */
const AT_START = '(?:(?<![A-Za-z\\d])|(?<=\\\\[nrt]|\\x1b\\[[\\d;]{0,12}m))';

const anchored = (start: string): string => (start.startsWith('://') ? start : AT_START + start);

/** Finds keys of one kind, whole. */
export function keyPattern({ start, body, flags }: KeyKind, global: 'g' | '' = ''): RegExp {
  return new RegExp(anchored(start) + body, `u${flags ?? ''}${global}`);
}

/** Finds what may be the beginning of a key at the end of a text. */
export const UNFINISHED_KEY = new RegExp(
  `(?:${KEY_KINDS.map(({ start, unfinished = '\\S{0,300}' }) => anchored(start) + unfinished).join(
    '|',
  )}|-----BEGIN[^]{0,120})$`,
  'iu',
);
