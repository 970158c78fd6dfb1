/** Flags and what is left, of one level of a command line. */
export interface Parsed {
  readonly flags: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
}

/** A wrong use, answered as cloudflared's command line does. */
export class UsageError extends Error {}

/**
 * Reads flags up to the first word that is none, as Go's flag package does: what looks like a flag after
 * that is an argument.
 */
export function parseFlags(
  args: readonly string[],
  known: { readonly text: readonly string[]; readonly yesNo: readonly string[] },
): Parsed {
  const flags: Record<string, string> = {};
  let at = 0;
  for (; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (!word.startsWith('-')) break;
    const [, name = '', , value] = /^--?([^=]+)(=(.*))?$/su.exec(word) ?? [];
    if (known.yesNo.includes(name)) {
      flags[name] = value ?? 'true';
    } else if (known.text.includes(name)) {
      const given = value ?? args[(at += 1)];
      if (given === undefined) throw new UsageError(`flag needs an argument: -${name}`);
      flags[name] = given;
    } else {
      throw new UsageError(`flag provided but not defined: -${name}`);
    }
  }
  return { flags, rest: args.slice(at) };
}
