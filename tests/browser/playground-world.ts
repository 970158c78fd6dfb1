import { tmpdir } from 'node:os';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { startPlayground, type RunningPlayground } from '../../src/playground/serve.ts';

/** Starts a playground in which the echo answers; gone when the test has ended. */
export async function echoPlayground(port = 0): Promise<RunningPlayground> {
  const playground = await start(port);
  onTestFinished(() => playground.close());
  return playground;
}

/** One for all tests of a file, in which each finds what was said before. Returns the link that leads in. */
export function usePlayground(): () => string {
  let playground: RunningPlayground | undefined;
  beforeAll(async () => {
    playground = await start(0);
  });
  afterAll(() => playground?.close());
  return () => {
    if (playground === undefined) throw new Error('the playground is not there yet');
    return playground.link;
  };
}

function start(port: number): Promise<RunningPlayground> {
  const environment = { HOME: tmpdir(), PATH: '/usr/bin:/bin' };
  return startPlayground({ agent: 'echo', port, environment });
}
