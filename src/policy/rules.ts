import { RE2JS, RE2JSException } from 're2js';
import { beginning } from '../core/format.ts';
import type { Refusal, Request } from './gate.ts';
import type { Policy } from './policy-file.ts';

/** A pattern of the policy. */
export interface Rule {
  /** Where it stands: `block 2`. */
  readonly name: string;
  readonly pattern: string;
  /** @param text As `toMatch` makes it. */
  matches(text: string): boolean;
}

const MAX_PATTERN_LENGTH = 500;
/**
 * The time for a text grows with this and with the length of the text, and with nothing else.
 * A repetition with a number counts as often as it repeats.
 */
const MAX_PROGRAM_SIZE = 500;
const SHOWN_LENGTH = 80;
/** What other engines know and one that never hangs cannot have. */
const UNKNOWABLE = /\(\?(?:[=!>]|<[=!])|\\[1-9]|\\k<|\(\?P=/u;

/**
 * Makes a rule of a pattern: case-insensitive, found anywhere in the text, in time that is linear in its
 * length whatever the pattern is. Syntax: https://github.com/google/re2/wiki/Syntax
 *
 * @returns The rule, or what is wrong with the pattern, without a full stop.
 */
export function readRule(
  name: string,
  pattern: string,
): { readonly ok: Rule } | { readonly fault: string } {
  const shown = short(pattern);
  if (pattern === '') return { fault: 'an empty pattern fits everything' };
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return { fault: `${shown} is longer than ${MAX_PATTERN_LENGTH} characters` };
  }
  try {
    const program = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
    if (program.programSize() > MAX_PROGRAM_SIZE) return { fault: tooLarge(shown) };
    return { ok: { name, pattern, matches: (text) => program.test(text) } };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    if (error.message.includes('invalid repeat count')) return { fault: tooLarge(shown) };
    if (UNKNOWABLE.test(pattern)) {
      return {
        fault: `${shown} looks ahead, looks behind or refers back to a group, and patterns here cannot: that is why none of them can hang`,
      };
    }
    const why = error.message.replace(/^error parsing regexp: /u, '');
    return { fault: `${shown} is no regular expression: ${short(why)}` };
  }
}

function tooLarge(shown: string): string {
  return `${shown} repeats too much: one pattern may stand for about ${MAX_PROGRAM_SIZE} characters`;
}

/** A text as the patterns see it: other forms of the same letters and blanks do not get around them. */
export function toMatch(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll(/[^\S\n]/gu, ' ')
    .trim();
}

/** What stands against a request; `null`: nothing does. */
export function refusalByRule(
  policy: Policy,
  request: Pick<Request, 'role' | 'text' | 'isTemplate' | 'isUnfinished' | 'isReply' | 'quoted'>,
): Refusal | null {
  const {
    role,
    text: asked,
    isTemplate = false,
    isUnfinished = false,
    isReply = false,
    quoted = '',
  } = request;
  if (policy.exempt.includes(role)) return null;
  const text = toMatch(asked);
  const material = toMatch(quoted);
  const blocked = policy.block.find((rule) => rule.matches(text) || rule.matches(material));
  if (blocked !== undefined) {
    const what = blocked.matches(text) ? 'this' : 'what you quote';
    return {
      kind: 'rule',
      rule: blocked.name,
      markdown: `🚫 I do not take ${what}: rule ${blocked.name} (${code(blocked.pattern)}) stands against it. Please put it another way.`,
    };
  }
  if (policy.mode === 'permissive' || isReply) return null;
  const readings = isTemplate ? readingsOf(asked) : [text];
  // A template asks by itself; of anything else that has no words, they may be still to come.
  if (readings.includes('') && (isTemplate || isUnfinished)) return null;
  if (policy.allow.some((rule) => readings.some((words) => rule.matches(words)))) return null;
  return {
    kind: 'rule',
    rule: 'allow',
    markdown: `🚫 I do not take this: the policy is strict, and none of its ${policy.allow.length} allow rules fits. ${allowed(policy)}`,
  };
}

/**
 * How what was typed for a template may be read. The template is the owner's, so only what was typed counts:
 * `/deploy staging` is read as `deploy staging` and as `staging`, and `/test` as nothing at all; what is no
 * command are Claudio's own words, for a plan that is carried out. Whatever stands behind the name was
 * typed: Telegram ends the name at any sign that none can have, and so `/run:` is `/run`.
 */
function readingsOf(asked: string): readonly string[] {
  const [, name, typed = ''] = /^\/(\w+)(?:@\w+)?([^]*)$/u.exec(asked) ?? [];
  return name === undefined ? [''] : [toMatch(`${name} ${typed}`), toMatch(typed)];
}

/** So many fit on a phone. */
const SHOWN_RULES = 5;

function allowed({ allow }: Policy): string {
  if (allow.length === 0) return 'There are none, so nothing may be asked.';
  const shown = allow.slice(0, SHOWN_RULES).map(({ pattern }) => code(pattern));
  return `Fitting are, for example: ${shown.join(', ')}.`;
}

/** Markdown that shows a text as it is. */
function code(text: string): string {
  const shown = short(text);
  const ticks = '`'.repeat(1 + Math.max(0, ...[...shown.matchAll(/`+/gu)].map(([t]) => t.length)));
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${shown}${pad}${ticks}`;
}

/** A pattern on one line, its blanks as they are. */
function short(pattern: string): string {
  const oneLine = pattern.replaceAll('\n', String.raw`\n`);
  return oneLine.length <= SHOWN_LENGTH ? oneLine : `${beginning(oneLine, SHOWN_LENGTH - 1)}…`;
}
