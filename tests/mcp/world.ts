import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { DEFAULT_TOOLS } from '../../src/agent/claude/tools.ts';
import type { Mask } from '../../src/core/mask.ts';
import { createHttpApp } from '../../src/http/app.ts';
import { listen } from '../../src/http/server.ts';
import { createToolServer } from '../../src/mcp/server.ts';
import { createRecall } from '../../src/memory/recall.ts';
import { createOutgoingFiles } from '../../src/outbox/outgoing.ts';
import { newId } from '../../src/platform/clock.ts';
import { createQuestions } from '../../src/turns/questions.ts';
import { createRestarts } from '../../src/turns/restarts.ts';
import { createSearch } from '../../src/turns/search.ts';
import type { OpenTools, ToolUser } from '../../src/turns/tools.ts';
import { memoryWorld } from '../support/memory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { turnWorld } from '../support/turns.ts';
import { mcpClient } from './client.ts';

/** The tools as a program meets them: over HTTP, on a port, beside the rest of the service. */
export async function toolWorld(
  options: {
    readonly keepAliveMs?: number;
    readonly hasMemory?: boolean;
    readonly agentTools?: readonly string[];
    readonly mask?: Mask;
  } = {},
) {
  const world = turnWorld();
  const { database, clock, outbox, approvals } = world;
  const home = join(realpathSync(temporaryFolder()), 'home');
  const workDir = realpathSync(temporaryFolder());
  mkdirSync(join(home, 'tmp'), { recursive: true });
  const outgoingDir = join(home, 'outgoing');
  const questions = createQuestions({ database, clock, outbox });
  const restarts = createRestarts(database, clock);
  const { store } = memoryWorld({ database, clock, isWithoutVectors: true });
  /** By words alone. */
  const memoryParts = () => {
    const parts = { database, clock, log: world.log, store, vectors: null, embedder: null };
    return { store, recall: createRecall(parts) };
  };
  let saidCount = 0;
  const tools = createToolServer({
    database,
    clock,
    outbox,
    outgoing: createOutgoingFiles({ folder: outgoingDir, database, newId }),
    questions,
    approvals,
    agentTools: options.agentTools ?? DEFAULT_TOOLS,
    restarts,
    search: createSearch(database),
    memory: options.hasMemory === true ? memoryParts() : null,
    log: world.log,
    home,
    said: () => (saidCount += 1),
    url: () => `http://127.0.0.1:${server.port}/mcp`,
    ...(options.mask === undefined ? {} : { mask: options.mask }),
    ...(options.keepAliveMs === undefined ? {} : { keepAliveMs: options.keepAliveMs }),
  });
  const server = await listen(
    createHttpApp({
      webhooks: [],
      tools: tools.handle,
      health: () => Promise.resolve({ status: 'ok', version: '1', uptimeSeconds: 0, checks: {} }),
      isStopping: () => false,
      clock,
      log: world.log,
    }),
    0,
  );
  const opened = new Set<OpenTools>();
  onTestFinished(async () => {
    for (const open of opened) open.close();
    await server.close();
  });

  const waits: boolean[] = [];
  return {
    ...world,
    home,
    workDir,
    outgoingDir,
    questions,
    restarts,
    tools,
    store,
    saidCount: () => saidCount,
    /** When turns began to wait for a person, and went on. */
    waits,
    messages: () => database.orm.query.messages.findMany().sync(),
    deliveries: () => database.orm.query.deliveries.findMany().sync(),
    /** A turn that runs, with its tools open and a client to them. */
    run: (text = 'do it', chat?: string, over: Partial<ToolUser> = {}) => {
      world.arrive(text, chat);
      const turn = world.queue.claim('boot');
      if (turn === null) throw new Error('nothing to run');
      const turnDir = join(home, 'tmp', `turn-${turn.turnId}`);
      mkdirSync(turnDir);
      const user = {
        turnId: turn.turnId,
        attempt: turn.attempt,
        conversation: world.conversations.get(turn.conversationId),
        personId: '42',
        role: 'owner' as const,
        mode: 'auto' as const,
        folder: workDir,
        tools: null,
        messageId: turn.messageId,
        sendableDirs: [workDir, turnDir],
        deniedFiles: [],
        isConfined: false,
        waits: (isWaiting: boolean) => void waits.push(isWaiting),
        ...over,
      };
      const open = () => {
        const openTools = tools.open(user);
        opened.add(openTools);
        return { ...openTools, ...mcpClient(openTools.server) };
      };
      return { ...open(), again: open, turnDir, turn };
    },
  };
}
