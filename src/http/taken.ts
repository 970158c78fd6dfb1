import { z } from 'zod';
import { ClaudioError } from '../core/error.ts';
import { createHttpClient } from '../platform/http-client.ts';
import { portOwner } from '../platform/process/port-owner.ts';

const TIMEOUT_MS = 2000;
const MAX_BYTES = 256 * 1024;
/** What tells another Claudio from any other program: see `GET /health`. */
const identitySchema = z.looseObject({ pid: z.number(), home: z.string() });

/** The error for a port on 127.0.0.1 that is not to be had: says who has it, as far as that can be told. */
export async function portInUse(port: number, cause: unknown): Promise<ClaudioError> {
  const { who, hint } = await takerOf(port);
  return new ClaudioError({
    code: 'port.in-use',
    message: `Port ${port} on 127.0.0.1 is taken by ${who}.`,
    hint,
    cause,
  });
}

async function takerOf(port: number): Promise<{ who: string; hint: string }> {
  const claudio = await askWhoItIs(port);
  if (claudio !== null) {
    return {
      who: `another Claudio, that of ${claudio.home} (process ${claudio.pid})`,
      hint: 'Each home needs a port of its own: set PORT to a free one here (and point the tunnel at it).',
    };
  }
  const owner = await portOwner(port);
  return {
    who: owner === null ? 'another program' : `${owner.name} (process ${owner.pid})`,
    hint: 'Stop that program, or set PORT to a free one (and point the tunnel at it).',
  };
}

async function askWhoItIs(port: number): Promise<z.infer<typeof identitySchema> | null> {
  const http = createHttpClient();
  try {
    const answer = await http.request({
      method: 'GET',
      url: `http://127.0.0.1:${port}/health`,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_BYTES,
    });
    if (answer.kind === 'failed') return null;
    return identitySchema.safeParse(JSON.parse(new TextDecoder().decode(answer.body))).data ?? null;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null;
    throw thrown;
  } finally {
    await http.close();
  }
}
