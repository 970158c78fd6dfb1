import { z } from 'zod';
import { parseJson } from '../../core/json.ts';
import type { Usage } from '../../core/turn.ts';

/** A use of a tool, as the stream tells it. */
export interface StreamToolUse {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** One line of Claude Code's `stream-json` output, as far as it is used. */
export type StreamMessage =
  | { readonly type: 'init'; readonly sessionId: string; readonly model: string }
  | {
      readonly type: 'assistant';
      readonly messageId: string;
      /** Written by Claude Code itself, in the model's place: an error put into words. */
      readonly isSynthetic: boolean;
      readonly isSubAgent: boolean;
      readonly text: string;
      readonly toolUses: readonly StreamToolUse[];
      readonly usage: Usage;
    }
  /** Tools that have come to their end, of the main agent or of a sub-agent. */
  | { readonly type: 'tool-results'; readonly toolUseIds: readonly string[] }
  /** The main agent begins a message, and in it a block of text. */
  | { readonly type: 'message-start' }
  | { readonly type: 'text-start' }
  | { readonly type: 'text-delta'; readonly text: string }
  /** The end of any block of the main agent's message. */
  | { readonly type: 'block-end' }
  | {
      readonly type: 'rate-limit';
      readonly isRejected: boolean;
      readonly resetsAtMs: number | null;
    }
  | { readonly type: 'retry'; readonly httpStatus: number | null; readonly error: string }
  | ResultMessage
  /** A type that is of no use here, or not known yet. */
  | { readonly type: 'other'; readonly name: string }
  /** Not JSON, or a known type in an unknown shape. */
  | { readonly type: 'malformed' };

/** The last word of a run. */
export interface ResultMessage {
  readonly type: 'result';
  /** `success`, which an error of the API has too, or `error_…`. */
  readonly subtype: string;
  readonly isError: boolean;
  readonly httpStatus: number | null;
  readonly text: string;
  readonly errors: readonly string[];
  readonly deniedTools: readonly string[];
  readonly usage: Usage;
}

const count = z.number().catch(0);

const usageSchema = z.looseObject({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
});

const modelUsageSchema = z.looseObject({
  inputTokens: count,
  outputTokens: count,
  cacheReadInputTokens: count,
  cacheCreationInputTokens: count,
  costUSD: count,
});

const contentSchema = z.looseObject({
  type: z.string(),
  text: z.string().catch(''),
  id: z.string().catch(''),
  name: z.string().catch(''),
  input: z.record(z.string(), z.unknown()).catch({}),
});

const initSchema = z.looseObject({ session_id: z.string(), model: z.string() });

const retrySchema = z.looseObject({
  error_status: z.number().nullable().catch(null),
  error: z.string().catch(''),
});

const assistantSchema = z.looseObject({
  message: z.looseObject({
    id: z.string().catch(''),
    model: z.string().catch(''),
    content: z.array(contentSchema),
    usage: usageSchema.nullable().catch(null),
  }),
  parent_tool_use_id: z.string().nullable().catch(null),
});

const toolResultsSchema = z.looseObject({
  message: z
    .looseObject({
      content: z
        .array(z.looseObject({ type: z.string(), tool_use_id: z.string().catch('') }))
        // A prompt that is echoed is a string.
        .catch([]),
    })
    .catch({ content: [] }),
});

/** Source: https://docs.claude.com/en/docs/build-with-claude/streaming */
const streamEventSchema = z.looseObject({
  event: z.looseObject({
    type: z.string(),
    content_block: z.looseObject({ type: z.string() }).optional().catch(undefined),
    delta: z
      .looseObject({ type: z.string().catch(''), text: z.string().catch('') })
      .optional()
      .catch(undefined),
  }),
  parent_tool_use_id: z.string().nullable().catch(null),
});

const rateLimitSchema = z.looseObject({
  rate_limit_info: z.looseObject({
    status: z.string(),
    resetsAt: z.number().nullable().catch(null),
  }),
});

const resultSchema = z.looseObject({
  subtype: z.string(),
  is_error: z.boolean().catch(false),
  api_error_status: z.number().nullable().catch(null),
  result: z.string().catch(''),
  errors: z.array(z.string()).catch([]),
  permission_denials: z.array(z.looseObject({ tool_name: z.string() })).catch([]),
  usage: usageSchema.nullable().catch(null),
  modelUsage: z.record(z.string(), modelUsageSchema).catch({}),
  total_cost_usd: count,
});

const lineSchema = z.looseObject({
  type: z.string(),
  subtype: z.string().optional().catch(undefined),
});

/** Reads one line. Never throws. */
export function parseStreamLine(text: string): StreamMessage {
  const line = lineSchema.safeParse(parseJson(text));
  if (!line.success) return { type: 'malformed' };
  const { type, subtype } = line.data;
  switch (subtype === undefined || type !== 'system' ? type : `system/${subtype}`) {
    case 'system/init':
      return read(initSchema, line.data, (init) => ({
        type: 'init',
        sessionId: init.session_id,
        model: init.model,
      }));
    case 'system/api_retry':
      return read(retrySchema, line.data, (retry) => ({
        type: 'retry',
        httpStatus: retry.error_status,
        error: retry.error,
      }));
    case 'assistant':
      return read(assistantSchema, line.data, toAssistant);
    case 'user':
      return read(toolResultsSchema, line.data, ({ message }) => ({
        type: 'tool-results',
        toolUseIds: message.content
          .filter((block) => block.type === 'tool_result')
          .map((block) => block.tool_use_id),
      }));
    case 'stream_event':
      return read(streamEventSchema, line.data, toPiece);
    case 'rate_limit_event':
      return read(rateLimitSchema, line.data, ({ rate_limit_info: info }) => ({
        type: 'rate-limit',
        isRejected: info.status === 'rejected',
        resetsAtMs: info.resetsAt === null ? null : toMs(info.resetsAt),
      }));
    case 'result':
      return read(resultSchema, line.data, toResult);
    default:
      return { type: 'other', name: subtype === undefined ? type : `${type}/${subtype}` };
  }
}

function read<Shape>(
  schema: z.ZodType<Shape>,
  from: unknown,
  to: (shape: Shape) => StreamMessage,
): StreamMessage {
  const parsed = schema.safeParse(from);
  return parsed.success ? to(parsed.data) : { type: 'malformed' };
}

/** Seconds today, milliseconds according to some: a time in seconds stays below 10^11 until 5138. */
function toMs(time: number): number {
  return time < 1e11 ? time * 1000 : time;
}

function toAssistant({ message, ...line }: z.infer<typeof assistantSchema>): StreamMessage {
  const texts = message.content.filter((block) => block.type === 'text').map((block) => block.text);
  return {
    type: 'assistant',
    messageId: message.id,
    isSynthetic: message.model === '<synthetic>',
    isSubAgent: line.parent_tool_use_id !== null,
    text: texts.join('\n\n'),
    toolUses: message.content.filter((block) => block.type === 'tool_use'),
    usage: toUsage(message.usage, 0),
  };
}

function toPiece(line: z.infer<typeof streamEventSchema>): StreamMessage {
  const { type, content_block: block, delta } = line.event;
  const other: StreamMessage = { type: 'other', name: `stream_event/${type}` };
  if (line.parent_tool_use_id !== null) return other;
  switch (type) {
    case 'message_start':
      return { type: 'message-start' };
    case 'content_block_start':
      return block?.type === 'text' ? { type: 'text-start' } : other;
    case 'content_block_delta':
      return delta?.type === 'text_delta' ? { type: 'text-delta', text: delta.text } : other;
    case 'content_block_stop':
      return { type: 'block-end' };
    default:
      return other;
  }
}

function toResult(line: z.infer<typeof resultSchema>): ResultMessage {
  return {
    type: 'result',
    subtype: line.subtype,
    isError: line.is_error || line.subtype !== 'success',
    httpStatus: line.api_error_status,
    text: line.result,
    errors: line.errors,
    deniedTools: [...new Set(line.permission_denials.map((denial) => denial.tool_name))],
    usage: resultUsage(line),
  };
}

/** `usage` knows the main model alone, `modelUsage` sub-agents and side requests too. */
function resultUsage(line: z.infer<typeof resultSchema>): Usage {
  const models = Object.values(line.modelUsage);
  if (models.length === 0) return toUsage(line.usage, line.total_cost_usd);
  const sum = (pick: (model: z.infer<typeof modelUsageSchema>) => number): number =>
    models.reduce((total, model) => total + pick(model), 0);
  return {
    inputTokenCount: sum((model) => model.inputTokens),
    outputTokenCount: sum((model) => model.outputTokens),
    cacheReadTokenCount: sum((model) => model.cacheReadInputTokens),
    cacheWriteTokenCount: sum((model) => model.cacheCreationInputTokens),
    costUsd: line.total_cost_usd,
  };
}

function toUsage(usage: z.infer<typeof usageSchema> | null, costUsd: number): Usage {
  return {
    inputTokenCount: usage?.input_tokens ?? 0,
    outputTokenCount: usage?.output_tokens ?? 0,
    cacheReadTokenCount: usage?.cache_read_input_tokens ?? 0,
    cacheWriteTokenCount: usage?.cache_creation_input_tokens ?? 0,
    costUsd,
  };
}
