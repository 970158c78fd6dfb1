import { readdirSync, readFileSync } from 'node:fs';
import { parseUpdate } from '../../../src/channels/telegram/parse.ts';
import type { Inbound } from '../../../src/core/inbound.ts';

const FOLDER = new URL('../../fixtures/telegram/', import.meta.url);

export const BOT = { id: '1', username: 'claudio_test_bot' };

/** Names the recorded updates. */
export function recordedNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace('.json', ''));
}

export function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
}

export function parse(name: string): Inbound | null {
  return parseUpdate(BOT, recorded(name));
}
