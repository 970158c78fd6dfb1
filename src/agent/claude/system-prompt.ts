import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_ARGUMENT_BYTES, type SystemPromptSource } from './arguments.ts';

/** Where an addition to the system prompt is, and how to take it away again. */
export interface PlacedPrompt {
  readonly source: SystemPromptSource;
  remove(): Promise<void>;
}

/**
 * Puts the addition where the program can read it: in an argument, or, where that would be longer than
 * the system allows, in a file that only this user can read.
 */
export async function placeSystemPrompt(prompt: string, tempDir: string): Promise<PlacedPrompt> {
  // A NUL would end the argument.
  const text = prompt.replaceAll('\0', '');
  if (text.trim() === '') return { source: { kind: 'none' }, remove: nothingToRemove };
  if (Buffer.byteLength(text) <= MAX_ARGUMENT_BYTES) {
    return { source: { kind: 'text', text }, remove: nothingToRemove };
  }
  const folder = await mkdtemp(join(tempDir, 'claudio-prompt-'));
  const path = join(folder, 'system-prompt.md');
  await writeFile(path, text, { mode: 0o600 });
  return {
    source: { kind: 'file', path },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function nothingToRemove(): Promise<void> {
  return Promise.resolve();
}
