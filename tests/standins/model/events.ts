import type { MessageReply } from './reply.ts';

/** Characters of text or JSON in one event: small, so that every answer really comes in pieces. */
const PIECE_CHARS = 24;

function pieces(text: string): string[] {
  const letters = Array.from(text);
  const size = Math.max(PIECE_CHARS, Math.ceil(letters.length / 200));
  const out: string[] = [];
  for (let at = 0; at < letters.length; at += size) {
    out.push(letters.slice(at, at + size).join(''));
  }
  return out;
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function wireUsage(usage: MessageReply['usage']): object {
  return {
    input_tokens: usage.inputTokenCount,
    output_tokens: usage.outputTokenCount,
    cache_read_input_tokens: usage.cacheReadTokenCount,
    cache_creation_input_tokens: usage.cacheWriteTokenCount,
  };
}

/**
 * A message as server-sent events, one string an event.
 *
 * Source: https://docs.claude.com/en/docs/build-with-claude/streaming
 */
export function messageEvents(reply: MessageReply, model: string, id: string): string[] {
  const out = [
    event('message_start', {
      message: {
        ...envelope(model, id),
        content: [],
        stop_reason: null,
        usage: wireUsage(reply.usage),
      },
    }),
  ];
  let index = 0;
  if (reply.text !== '') {
    out.push(
      event('content_block_start', { index, content_block: { type: 'text', text: '' } }),
      ...pieces(reply.text).map((text) =>
        event('content_block_delta', { index, delta: { type: 'text_delta', text } }),
      ),
      event('content_block_stop', { index }),
    );
    index += 1;
  }
  for (const use of reply.toolUses) {
    const block = { type: 'tool_use', id: `toolu_${id}_${index}`, name: use.name, input: {} };
    out.push(
      event('content_block_start', { index, content_block: block }),
      ...pieces(JSON.stringify(use.input)).map((json) =>
        event('content_block_delta', {
          index,
          delta: { type: 'input_json_delta', partial_json: json },
        }),
      ),
      event('content_block_stop', { index }),
    );
    index += 1;
  }
  out.push(
    event('message_delta', {
      delta: {
        stop_reason: reply.toolUses.length > 0 ? 'tool_use' : 'end_turn',
        stop_sequence: null,
      },
      usage: wireUsage(reply.usage),
    }),
    event('message_stop', {}),
  );
  return out;
}

/** The same message as one JSON object, for a request without `stream`. */
export function messageJson(reply: MessageReply, model: string, id: string): string {
  return JSON.stringify({
    ...envelope(model, id),
    content: [
      ...(reply.text === '' ? [] : [{ type: 'text', text: reply.text }]),
      ...reply.toolUses.map((use, at) => ({
        type: 'tool_use',
        id: `toolu_${id}_${at}`,
        name: use.name,
        input: use.input,
      })),
    ],
    stop_reason: reply.toolUses.length > 0 ? 'tool_use' : 'end_turn',
    usage: wireUsage(reply.usage),
  });
}

function envelope(model: string, id: string): object {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model, stop_sequence: null };
}
