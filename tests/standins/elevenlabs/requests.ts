import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';

/** A request that fits the API, as it came in. */
export type SpeechRequest =
  | {
      readonly kind: 'speech-to-text';
      readonly modelId: string;
      readonly file: {
        readonly name: string;
        readonly mimeType: string;
        readonly content: Buffer;
      };
    }
  | {
      readonly kind: 'text-to-speech';
      readonly modelId: string;
      readonly voiceId: string;
      readonly outputFormat: string;
      readonly text: string;
    };

/** https://elevenlabs.io/docs/api-reference/speech-to-text/convert */
const formSchema = z.strictObject({
  model_id: z.string().min(1),
  file: z.instanceof(File).refine(({ name }) => /^[^/\\]+\.\w+$/u.test(name), {
    error: 'must have a name with an ending',
  }),
});

/** https://elevenlabs.io/docs/api-reference/text-to-speech/convert */
const speechSchema = z.strictObject({ text: z.string(), model_id: z.string().min(1) });
const querySchema = z.strictObject({ output_format: z.literal('mp3_44100_128') });

/** Why a request fits no such API: a fault of the caller, whatever the circumstances. */
export class Misfit extends Error {}

/** @throws {Misfit} */
export async function readRequest(request: IncomingMessage, url: URL): Promise<SpeechRequest> {
  const content = await buffer(request);
  const contentType = request.headers['content-type'] ?? '';
  if (request.method !== 'POST') throw new Misfit(`${request.method} ${url.pathname}`);
  if (url.pathname === '/v1/speech-to-text') {
    if (!contentType.startsWith('multipart/form-data; boundary=')) throw new Misfit(contentType);
    const form = await new Response(new Uint8Array(content), {
      headers: { 'content-type': contentType },
    }).formData();
    const names = [...form.keys()];
    if (new Set(names).size < names.length) throw new Misfit(`fields ${names.join(', ')}`);
    const { model_id: modelId, file } = fitting(formSchema, Object.fromEntries(form));
    return {
      kind: 'speech-to-text',
      modelId,
      file: {
        name: file.name,
        mimeType: file.type,
        content: Buffer.from(await file.arrayBuffer()),
      },
    };
  }
  const voiceId = /^\/v1\/text-to-speech\/([^/]+)$/u.exec(url.pathname)?.[1];
  if (voiceId === undefined) throw new Misfit(`no such path: ${url.pathname}`);
  if (!contentType.startsWith('application/json')) throw new Misfit(contentType);
  const query = fitting(querySchema, Object.fromEntries(url.searchParams));
  const body = fitting(speechSchema, JSON.parse(content.toString('utf8')));
  return {
    kind: 'text-to-speech',
    modelId: body.model_id,
    voiceId: decodeURIComponent(voiceId),
    outputFormat: query.output_format,
    text: body.text,
  };
}

function fitting<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Misfit(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return parsed.data;
}
