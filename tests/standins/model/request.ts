import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

const textBlock = z.looseObject({ type: z.literal('text'), text: z.string() });
const toolResultBlock = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).optional(),
  is_error: z.boolean().optional(),
});
const imageBlock = z.looseObject({
  type: z.literal('image'),
  source: z.looseObject({ type: z.literal('base64'), media_type: z.string(), data: z.base64() }),
});
const block = z.union([textBlock, toolResultBlock, z.looseObject({ type: z.string() })]);
const content = z.union([z.string(), z.array(block)]);

const bodySchema = z.looseObject({
  model: z.string(),
  stream: z.boolean().default(false),
  max_tokens: z.number().optional(),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  messages: z.array(z.looseObject({ role: z.string(), content })),
  tools: z.array(z.looseObject({ name: z.string() })).default([]),
});

/** What a tool gave back. */
export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
  readonly pictures: readonly { readonly mediaType: string; readonly content: Buffer }[];
}

/** One `POST /v1/messages` as it came in. */
export interface ModelRequest {
  readonly model: string;
  /** `false` for the few side requests that want one JSON object instead of events. */
  readonly stream: boolean;
  /** All system blocks, joined by blank lines. */
  readonly system: string;
  /** Names of the tools offered. */
  readonly tools: readonly string[];
  /** The text of every message, joined by blank lines: what a hostile prompt could have smuggled in. */
  readonly text: string;
  /** The text blocks of the last message. */
  readonly prompt: string;
  /** What the tools of the round before gave back. */
  readonly toolResults: readonly ToolResult[];
  /** The whole body, as it came. */
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** Reads a body; `null` when it is not a request for a message. */
export function readRequest(body: string, headers: IncomingHttpHeaders): ModelRequest | null {
  const parsed = bodySchema.safeParse(parseJson(body));
  if (!parsed.success) return null;
  const { model, stream, system, messages, tools } = parsed.data;
  const last = messages.findLast((message) => message.role === 'user');
  return {
    model,
    stream,
    system: typeof system === 'string' ? system : (system ?? []).map((b) => b.text).join('\n\n'),
    tools: tools.map((tool) => tool.name),
    text: messages.flatMap((message) => textsOf(message.content)).join('\n\n'),
    prompt: last === undefined ? '' : textsOf(last.content).join('\n\n'),
    toolResults: last === undefined ? [] : toolResultsOf(last.content),
    body,
    headers,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function textsOf(from: z.infer<typeof content>): string[] {
  if (typeof from === 'string') return [from];
  return from.flatMap((item) => {
    const text = textBlock.safeParse(item);
    return text.success ? [text.data.text] : [];
  });
}

function toolResultsOf(from: z.infer<typeof content>): ToolResult[] {
  if (typeof from === 'string') return [];
  return from.flatMap((item) => {
    const result = toolResultBlock.safeParse(item);
    if (!result.success) return [];
    const inner = result.data.content ?? '';
    const blocks = typeof inner === 'string' ? inner : z.array(block).parse(inner);
    const text = textsOf(blocks).join('\n');
    const pictures = picturesOf(blocks);
    return [{ text, isError: result.data.is_error ?? false, pictures }];
  });
}

function picturesOf(from: z.infer<typeof content>): ToolResult['pictures'] {
  if (typeof from === 'string') return [];
  return from.flatMap((item) => {
    const image = imageBlock.safeParse(item);
    if (!image.success) return [];
    const { media_type: mediaType, data } = image.data.source;
    return [{ mediaType, content: Buffer.from(data, 'base64') }];
  });
}
