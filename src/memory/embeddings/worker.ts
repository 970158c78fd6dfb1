/** The thread that a model runs in; see local.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../core/error.ts';
import { loadEncoder, type Encoder } from './encoder.ts';
import { FETCH_IT, ModelFault } from './model-files.ts';
import type { WorkerAnswer, WorkerRequest, WorkerStart } from './messages.ts';

const port = parentPort;
if (port === null) throw new Error('to be started as a thread');
const { folder, model, threadCount } = workerData as WorkerStart;

function say(answer: WorkerAnswer): void {
  port?.postMessage(answer, answer.kind === 'embedded' ? [answer.vector.buffer] : []);
}

async function embed(encoder: Encoder, { text }: WorkerRequest): Promise<void> {
  try {
    say({ kind: 'embedded', vector: new Float32Array(await encoder.encode(text)) });
  } catch (error) {
    // After a fault of the runtime itself nothing is certain any more: the thread ends.
    if (!(error instanceof ModelFault)) throw error;
    say({ kind: 'failed', reason: error.message });
  }
}

try {
  const encoder = await loadEncoder(folder, model, threadCount);
  port.on('message', (request: WorkerRequest) => void embed(encoder, request));
  say({ kind: 'loaded', dimensionCount: encoder.dimensionCount });
} catch (error) {
  const fault = error instanceof ModelFault ? error : new ModelFault(messageOf(error), FETCH_IT);
  say({ kind: 'unusable', reason: fault.message, remedy: fault.remedy });
}
