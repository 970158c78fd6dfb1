import { onTestFinished } from 'vitest';
import type { Environment } from '../../src/platform/configuration/load.ts';
import type { StoredMessage } from '../../src/playground/bot-api/bot-api.ts';
import { createStage, type AgentKind, type Stage } from '../../src/playground/stage.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Below the limit of a test, so that what was waited for is told. */
const LIMIT_MS = 60_000;

/** A stage, and what is around it. */
export interface StageWorld {
  readonly stage: Stage;
  /** The person's own home folder. */
  readonly userHome: string;
  /** Where the throw-away home was made. */
  readonly tempDir: string;
}

/** An environment without Claude Code, and nothing in it of whoever runs the tests. */
export function personEnvironment(userHome: string): Record<string, string> {
  return { HOME: userHome, PATH: '/usr/bin:/bin' };
}

/** A stage in a temporary folder of its own, with the echo unless told otherwise; gone when the test has ended. */
export async function openStage(
  options: {
    readonly agent?: AgentKind;
    readonly environment?: (userHome: string) => Environment;
  } = {},
): Promise<StageWorld> {
  const { agent = 'echo', environment = personEnvironment } = options;
  const [userHome, tempDir] = [temporaryFolder(), temporaryFolder()];
  const stage = await createStage({ agent, environment: environment(userHome), tempDir });
  onTestFinished(() => stage.close());
  return { stage, userHome, tempDir };
}

/** Resolves with what `look` finds, now or after something has happened on the stage. */
export function until<T>(
  stage: Stage,
  wanted: string,
  look: () => T | null | undefined | false,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end();
      reject(new Error(`waited for ${wanted}: ${JSON.stringify(stage.service())}`));
    }, LIMIT_MS);
    const end = stage.subscribe(() => attempt());
    const attempt = (): void => {
      const found = look();
      if (found === null || found === undefined || found === false) return;
      clearTimeout(timer);
      end();
      resolve(found);
    };
    attempt();
  });
}

/** Resolves when a turn of this many runs in the database. */
export function turnRuns(stage: Stage, id = 1): Promise<unknown> {
  return until(stage, `turn ${id} to run`, () =>
    turnsOf(stage).find((turn) => turn.id === id && turn.status === 'running'),
  );
}

/** The rows of all turns. */
export function turnsOf(stage: Stage) {
  return stage.database()?.orm.query.turns.findMany().sync() ?? [];
}

/** Kills the service; resolves when it runs again. */
export async function killAndWait(stage: Stage): Promise<void> {
  const { startCount } = stage.service();
  stage.kill();
  await until(stage, 'the service to be back', () => {
    const now = stage.service();
    return now.startCount > startCount && now.state === 'running';
  });
}

/** The bot's message whose text holds this, one that stands or one to come. */
export function answerWith(stage: Stage, text: string): Promise<StoredMessage> {
  return stage.api.message(`a message with “${text}”`, (message) => message.text.includes(text));
}
