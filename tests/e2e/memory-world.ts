import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import type { Origin } from '../../src/playground/bot-api/updates.ts';
import { textReply, type ModelReply } from '../standins/model/reply.ts';
import type { ModelRequest } from '../standins/model/request.ts';
import { createWorld, type RunningService, type World } from './service.ts';

/** What the model finds worth remembering, as it writes it. */
export interface Found {
  readonly kind: 'episodic' | 'semantic' | 'procedural';
  readonly text: string;
  readonly context?: string;
  readonly outcome?: string;
  readonly importance?: number;
  readonly confidence?: number;
}

/** A world in which the service remembers, and looks through a conversation as soon as it was answered. */
export interface MemoryWorld extends World {
  /** The requests to look through a conversation, oldest first. */
  readonly looks: readonly ModelRequest[];
  /** Has the model find these in the next conversation that it looks through, and nothing in later ones. */
  finds(...found: readonly Found[]): void;
  /** What the model says to each conversation that it looks through, from now on. */
  looking(answer: LookAnswerer): void;
  /** Resolves with the next request to look through a conversation. */
  nextLook(): Promise<ModelRequest>;
  /** Sends a message, and resolves when it is answered, with what the model was asked. */
  ask(text: string, origin?: Origin): Promise<ModelRequest>;
  /** Sends a command, and resolves with what the bot says to it. */
  command(text: string, origin?: Origin): Promise<StoredMessage>;
}

type LookAnswerer = () => ModelReply | Promise<ModelReply>;

const nothingFound: LookAnswerer = () => foundReply([]);
const ANSWER = 'Very well.';

export async function createMemoryWorld(): Promise<MemoryWorld> {
  const world = await createWorld();
  const { api, model } = world;
  Object.assign(world.environment, { MEMORY_ENABLED: '1', MEMORY_CONSOLIDATION_DELAY: '0' });
  const looks: ModelRequest[] = [];
  let answer: LookAnswerer = nothingFound;
  let waiting: ((request: ModelRequest) => void)[] = [];
  model.answerSide((request) => {
    if (!request.system.includes('You keep the long-term memory of an assistant.')) return null;
    looks.push(request);
    const toTell = waiting;
    waiting = [];
    for (const tell of toTell) tell(request);
    return answer();
  });
  model.always(() => textReply(ANSWER));

  const say = async (
    text: string,
    origin: Origin,
    fits: (message: StoredMessage) => boolean,
  ): Promise<StoredMessage> => {
    const said = api.nextMessage(fits);
    await api.deliver(api.updates.text(text, origin));
    return await said;
  };
  return {
    ...world,
    looks,
    looking: (next) => {
      answer = next;
    },
    finds: (...found) => {
      answer = () => {
        answer = nothingFound;
        return foundReply(found);
      };
    },
    nextLook: () => new Promise((resolve) => void waiting.push(resolve)),
    ask: async (text, origin = {}) => {
      const asked = model.nextRequest();
      await say(text, origin, (message) => message.text === ANSWER);
      return await asked;
    },
    command: (text, origin = {}) => say(text, origin, (message) => message.text !== ANSWER),
  };
}

/** An answer that names the first message as the source of everything. */
function foundReply(found: readonly Found[]): ModelReply {
  return textReply(JSON.stringify({ memories: found.map((one) => ({ ...one, messages: [1] })) }));
}

export async function stopped(service: RunningService): Promise<void> {
  service.signal('SIGTERM');
  const { code, signal } = await service.exit;
  if (code !== 0) throw new Error(`the service ended with ${code ?? signal}`);
}

/** Whether the database's files hold a word, in upper case or lower. */
export function databaseHolds(home: string, word: string): boolean {
  return ['claudio.db', 'claudio.db-wal'].some((name) => {
    const path = join(home, name);
    return (
      existsSync(path) && readFileSync(path, 'latin1').toLowerCase().includes(word.toLowerCase())
    );
  });
}
