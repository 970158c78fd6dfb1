import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { type Role, ROLES } from '../core/role.ts';
import type { Database } from '../platform/database/open.ts';
import type { Audit } from './audit.ts';
import { readJson } from './json-text.ts';
import { createKeptFile, type KeptFile, type Parsed } from './kept-file.ts';
import { inPlainWords } from './plain-faults.ts';
import { readRule, type Rule } from './rules.ts';

const POLICY_MODES = ['permissive', 'strict'] as const;
export type PolicyMode = (typeof POLICY_MODES)[number];

/** What Claude may do for somebody in a role, where that is less than it can. */
export interface RolePolicy {
  /** The only tools, of those that there are: `Read`, `Bash(git log:*)`. */
  readonly tools?: readonly string[] | undefined;
  /** The only folders, absolute. */
  readonly folders?: readonly string[] | undefined;
}

/** What may be asked, and what may be done about it. */
export interface Policy {
  /** `permissive`: all but what `block` forbids; `strict`: of that only what `allow` permits. */
  readonly mode: PolicyMode;
  readonly allow: readonly Rule[];
  readonly block: readonly Rule[];
  /** The roles for which `allow` and `block` do not hold. */
  readonly exempt: readonly Role[];
  readonly roles: Readonly<Partial<Record<Role, RolePolicy | undefined>>>;
  /** Files that Claude's tools are kept from, beside the usual ones: patterns of paths. */
  readonly deniedFiles: readonly string[];
}

/** The name of the file, in the home. */
export const POLICY_FILE = 'policy.json';

/** What may be asked for in strict mode where the person says nothing else. */
export const DEFAULT_ALLOW: readonly string[] = [
  String.raw`^list\s`,
  String.raw`^explain\s`,
  '^run tests',
  String.raw`^deploy\s`,
  String.raw`^fix\s`,
  String.raw`^review\s`,
  String.raw`^git\s(status|log|diff|branch)`,
  String.raw`^show\s`,
  String.raw`^analyze\s`,
  '^write tests',
];

/** What may not be asked for where the person says nothing else. */
export const DEFAULT_BLOCK: readonly string[] = [
  String.raw`rm\s+-rf`,
  String.raw`curl.*\|.*sh`,
  String.raw`eval\(`,
  String.raw`exec\(`,
  '__import__',
  String.raw`(password|secret|token|key)\s*=`,
];

const MAX_RULES = 100;
const MAX_LENGTH = 1000;

const words = z.string().trim().min(1).max(MAX_LENGTH);
const rolePolicy = z.strictObject({
  tools: z.array(words).max(MAX_RULES).optional(),
  folders: z
    .array(words.startsWith('/', { error: 'must be an absolute path' }))
    .max(MAX_RULES)
    .optional(),
});

function rules(list: 'allow' | 'block', fallback: readonly string[]) {
  return z
    .array(z.string())
    .max(MAX_RULES)
    .default([...fallback])
    .transform((patterns, context): readonly Rule[] =>
      patterns.flatMap((pattern, index) => {
        const read = readRule(`${list} ${index + 1}`, pattern);
        if ('ok' in read) return [read.ok];
        context.addIssue({ code: 'custom', message: read.fault, path: [index] });
        return [];
      }),
    );
}

const policySchema = z.strictObject({
  mode: z.enum(POLICY_MODES).optional(),
  allow: rules('allow', DEFAULT_ALLOW),
  block: rules('block', DEFAULT_BLOCK),
  exempt: z.array(z.enum(ROLES)).default([]),
  roles: z
    .strictObject({
      owner: rolePolicy.optional(),
      member: rolePolicy.optional(),
      viewer: rolePolicy.optional(),
    })
    .default({}),
  deniedFiles: z.array(words).max(MAX_RULES).default([]),
});

/**
 * Reads a `policy.json`. Of `setting` and the mode in the file the stricter one counts, so neither can
 * quietly loosen the other.
 *
 * @param setting `POLICY`
 */
export function readPolicy(text: string, setting: PolicyMode): Parsed<Policy> {
  const json = readJson(text);
  if ('fault' in json) return json;
  const read = policySchema.safeParse(json.ok, { error: inPlainWords });
  if (!read.success) return { fault: read.error.issues.map(sentence).join(' ') };
  const { mode = setting, ...rest } = read.data;
  return { ok: { ...rest, mode: mode === 'strict' ? mode : setting } };
}

/** What counts where there is no `policy.json`. */
export function defaultPolicy(setting: PolicyMode): Policy {
  const { mode: _, ...rest } = policySchema.parse({});
  return { ...rest, mode: setting };
}

/**
 * The policy as it is now. Where `policy.json` is wrong, the version before stays in force; where there
 * never was one, the policy is strict, with the rules that come with Claudio.
 */
export function createPolicy(parts: {
  readonly database: Database;
  readonly clock: Clock;
  /** Absolute; need not be there. */
  readonly path: string;
  /** `POLICY` */
  readonly setting: PolicyMode;
  readonly onFault: (markdown: string) => void;
  readonly onMended: (markdown: string) => void;
  readonly audit: Pick<Audit, 'write'>;
}): KeptFile<Policy> {
  const { setting, ...rest } = parts;
  return createKeptFile({
    ...rest,
    name: POLICY_FILE,
    parse: (text) => readPolicy(text, setting),
    initial: defaultPolicy(setting),
    fallback: defaultPolicy('strict'),
  });
}

/** `block[2]: … .` */
function sentence({ path, message, code }: z.core.$ZodIssue): string {
  if (path.length === 0 && code === 'invalid_type') return `It ${message}.`;
  const where = path.reduce<string>(
    (name, key) =>
      typeof key === 'number'
        ? `${name}[${key}]`
        : `${name}${name === '' ? '' : '.'}${String(key)}`,
    '',
  );
  return `${where === '' ? '' : `${where}: `}${message}.`;
}
