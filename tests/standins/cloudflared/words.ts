/** A line of cloudflared's log, on standard error. */
export function logLine(
  level: 'INF' | 'WRN' | 'ERR',
  text: string,
  fields: Readonly<Record<string, string>> = {},
): void {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
  process.stderr.write(`2026-11-21T10:00:00Z ${level} ${text}${rest.join('')}\n`);
}

/** Ends with a fault, as urfave/cli's `Exit` does. */
export function end(message: string, code = 1): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
