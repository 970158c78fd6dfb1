import type { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list: […]',
  object: 'an object: {…}',
  record: 'an object: {…}',
  string: 'text in "quotes"',
  boolean: 'true or false',
  number: 'a number',
};

/**
 * Says what is wrong with something in a person's own file, to go on after where it stands and a colon.
 * For `safeParse`; what the schema itself says of a fault comes first.
 */
export const inPlainWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is missing'
        : `has to be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'unrecognized_keys':
      return `${issue.keys.map((key) => JSON.stringify(key)).join(', ')} is nothing that I know here`;
    case 'invalid_value':
      return `has to be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return issue.minimum === 1
        ? 'may not be empty'
        : `has to be at least ${issue.minimum} ${unitOf(issue.origin)}`;
    case 'too_big':
      return `may be at most ${issue.maximum} ${unitOf(issue.origin)}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
      return undefined;
  }
};

function unitOf(origin: string): string {
  return origin === 'string' ? 'characters' : 'entries';
}
