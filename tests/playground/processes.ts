import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';

/** The living processes that a playground has started, by the mark in their environment: asked of ps. */
export function processesOf({ home }: { readonly home: string }): readonly string[] {
  const mark = `XDG_CLAUDIO_PLAYGROUND=${dirname(home)}`;
  return execFileSync('ps', ['axeww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(mark) && !/^\s*\d+ Z/u.test(line));
}
