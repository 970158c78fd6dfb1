import { setTimeout as pause } from 'node:timers/promises';
import { newId, systemClock } from '../../platform/clock.ts';
import type { Reply, Step } from './answer.ts';

/** How long an answer takes to be written, however long it is. */
const WRITING_MS = 900;
const PIECE_COUNT = 18;
const AN_HOUR_S = 3600;
const MODEL = 'echo';

/** Writes one line of the stream. */
export type Say = (line: object) => void;

/**
 * Tells a run as Claude Code does with `--output-format=stream-json --include-partial-messages`.
 *
 * @param promptChars How long the prompt was: what it would have cost in tokens is made from that.
 * @throws the reason of the signal.
 */
export async function speak(
  reply: Reply,
  promptChars: number,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  say({ type: 'system', subtype: 'init', session_id: newId(), model: MODEL, tools: [] });
  for (const [index, step] of reply.steps.entries()) await use(step, index, say, signal);
  if (reply.kind === 'usage-limit') {
    const resetsAt = Math.floor(systemClock.now() / 1000) + AN_HOUR_S;
    const text = `Claude AI usage limit reached|${resetsAt}`;
    say({ type: 'result', subtype: 'success', is_error: true, result: text });
    return;
  }
  await write(reply.text, say, signal);
  say({
    type: 'result',
    subtype: 'success',
    is_error: false,
    result: reply.text,
    usage: usageOf(promptChars, reply.text.length),
    total_cost_usd: 0,
  });
}

async function use(step: Step, index: number, say: Say, signal: AbortSignal): Promise<void> {
  const id = `toolu_${index + 1}`;
  const content = [{ type: 'tool_use', id, name: step.tool, input: step.input }];
  say(assistant(`msg_${index + 1}`, content));
  await pause(step.lastsMs, undefined, { signal });
  const result = [{ type: 'tool_result', tool_use_id: id, content: 'done' }];
  say({ type: 'user', message: { role: 'user', content: result }, parent_tool_use_id: null });
}

async function write(text: string, say: Say, signal: AbortSignal): Promise<void> {
  const event = (piece: object): void =>
    say({ type: 'stream_event', event: piece, parent_tool_use_id: null });
  event({ type: 'message_start', message: { id: 'msg_answer', model: MODEL } });
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  for (const piece of piecesOf(text)) {
    await pause(WRITING_MS / PIECE_COUNT, undefined, { signal });
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } });
  }
  event({ type: 'content_block_stop', index: 0 });
  say(assistant('msg_answer', [{ type: 'text', text }]));
  event({ type: 'message_stop' });
}

/** Cuts between characters, never inside one. */
function piecesOf(text: string): readonly string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.ceil(characters.length / PIECE_COUNT));
  const count = Math.ceil(characters.length / size);
  return Array.from({ length: count }, (_, index) =>
    characters.slice(index * size, (index + 1) * size).join(''),
  );
}

function assistant(id: string, content: readonly object[]): object {
  const message = { id, role: 'assistant', model: MODEL, content, usage: usageOf(0, 0) };
  return { type: 'assistant', message, parent_tool_use_id: null };
}

function usageOf(promptChars: number, answerChars: number): object {
  const charsPerToken = 4;
  return {
    input_tokens: Math.ceil(promptChars / charsPerToken),
    output_tokens: Math.ceil(answerChars / charsPerToken),
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
  };
}
