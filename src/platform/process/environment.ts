/** Environment variables by name. */
export type Environment = Readonly<Record<string, string>>;

/**
 * Builds a child's environment from nothing but what is allowed.
 *
 * @param source Where values come from, usually the service's own environment.
 * @param allowed Names that may pass. One `*` at the end of an entry stands for any ending: `LC_*`.
 * @param extra Set in any case, over whatever `source` says.
 */
export function childEnvironment(
  source: Readonly<Record<string, string | undefined>>,
  allowed: readonly string[],
  extra: Environment,
): Environment {
  const exact = new Set(allowed.filter((name) => !name.endsWith('*')));
  const starts = allowed.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  const child: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined) continue;
    if (exact.has(name) || starts.some((start) => name.startsWith(start))) child[name] = value;
  }
  return { ...child, ...extra };
}
