import { Pool } from 'undici';
import { startBotApi } from '../src/playground/bot-api/bot-api.ts';
import { sideBySide } from './conversations.ts';
import { row, type Row } from './report.ts';
import { timed } from './statistics.ts';

const CALL_COUNT = 2000;
/** As many connections as the service sends on. */
const CONNECTION_COUNT = 16;

/**
 * How many messages a second the stand-in of the Bot API takes, with its caller in the same process:
 * less than it takes from a service in another one.
 */
export async function measureStandIn(): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const api = stack.adopt(await startBotApi(), (standin) => standin.close());
  const pool = stack.adopt(
    new Pool(new URL(api.root).origin, { connections: CONNECTION_COUNT }),
    (open) => open.destroy(),
  );
  let chat = 0;
  const call = async (): Promise<void> => {
    chat -= 1;
    const { body, statusCode } = await pool.request({
      path: `/bot${api.token}/sendMessage`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ chat_id: chat, text: 'An instant answer.' }),
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`the stand-in said ${statusCode}`);
  };
  await sideBySide(CONNECTION_COUNT, CALL_COUNT, call);
  const tookMs = await timed(() => sideBySide(CONNECTION_COUNT, CALL_COUNT, call));
  return [row('  the Bot API stand-in takes at least', (CALL_COUNT * 1000) / tookMs, 'calls/s')];
}
