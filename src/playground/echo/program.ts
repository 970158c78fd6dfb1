import { closeSync, openSync, readSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';
import { replyTo } from './answer.ts';
import { readPrompt } from './prompt.ts';
import { speak } from './speech.ts';

// Claude Code without Claude: takes the arguments that Claudio starts it with, and says again what was said.

const LOOK_BYTES = 4096;

await main(process.argv.slice(2));

async function main([first]: readonly string[]): Promise<void> {
  if (first === '--version') {
    const { packageVersion } = await import('../../platform/package.ts');
    process.stdout.write(`${packageVersion()} (the echo of Claudio)\n`);
  } else if (first === 'auth') {
    say({ loggedIn: true });
  } else {
    await answer();
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function answer(): Promise<void> {
  const ended = new AbortController();
  // Whoever listened is gone.
  process.stdout.on('error', () => ended.abort());
  const prompt = await readText(process.stdin);
  try {
    await speak(replyTo(readPrompt(prompt), firstLineOf), prompt.length, say, ended.signal);
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  }
}

/** The first line of a text file, or as much of it as there is in its first 4 KiB. */
function firstLineOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(LOOK_BYTES);
    const start = bytes.subarray(0, readSync(file, bytes)).toString('utf8');
    return (start.split('\n')[0] ?? '').trimEnd();
  } finally {
    closeSync(file);
  }
}
