import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../platform/package.ts';

/**
 * Fills a file of `deploy/` in: each `@NAME@` is replaced.
 *
 * @param values Ready to stand where they go, quoted and escaped.
 */
export function fillTemplate(file: string, values: Readonly<Record<string, string>>): string {
  const template = readFileSync(join(packageRoot(), 'deploy', file), 'utf8');
  return template.replaceAll(/@([A-Z_]+)@/gu, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file} asks for ${name}, which nobody gives`);
    return value;
  });
}
