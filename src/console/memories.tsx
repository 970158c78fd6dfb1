import { type Context, Hono } from 'hono';
import type { Child, FC } from 'hono/jsx';
import type { Memory } from '../core/memory.ts';
import { SHELL_PERSON } from '../core/role.ts';
import { siblingCount } from '../memory/find.ts';
import { LASTING } from '../memory/forget-question.ts';
import type { MemoryStore } from '../memory/store.ts';
import { memoriesCount } from '../memory/telling.ts';
import { WithCode } from '../pages/with-code.tsx';
import { Empty } from '../pages/words.tsx';
import { Frame } from './frame.tsx';
import {
  filterOf,
  ForgetLink,
  MEMORIES_PATH,
  MemoryPageList,
  UnseenName,
} from './memories-list.tsx';
import { createMemories, type Memories } from './memories-rows.ts';
import { MemoryCard, type MemoryLook } from './memory.tsx';
import { answerMissing } from './missing.tsx';
import type { ConsoleParts } from './parts.ts';
import { memoryPath, rowNumber, withParams } from './paths.ts';
import { createPlaceNames } from './place-names.ts';

/** So many messages and other memories are named with one that is shown alone. */
const TIES_COUNT = 50;
const GONE = 'There is no such memory, or it was forgotten.';

type Parts = Pick<ConsoleParts, 'database' | 'clock' | 'bots' | 'mask' | 'memory' | 'audit'> & {
  readonly settings: Pick<ConsoleParts['settings'], 'MEMORY_ENABLED'>;
};

/** What is remembered, and how to have it forgotten. */
export function memoriesPage(parts: Parts): Hono {
  const app = new Hono();
  const { memory } = parts;
  if (memory === null) {
    app.all(`${MEMORIES_PATH}/*`, (context) =>
      context.html(<TurnedOff isEnabled={parts.settings.MEMORY_ENABLED} />),
    );
    return app;
  }
  const { database } = parts;
  const memories = createMemories(database, memory);
  const look = (): MemoryLook => ({
    mask: parts.mask,
    nowMs: parts.clock.now(),
    names: createPlaceNames(database, parts.bots),
  });
  const asked = (context: Context): Memory | null => {
    const id = rowNumber(context.req.param('id'));
    return id === null ? null : memory.find(id);
  };

  app.get(MEMORIES_PATH, (context) => {
    const filter = filterOf(context.req.query());
    const forgottenCount = rowNumber(context.req.query('forgotten'));
    return context.html(
      <Frame title="Memories" current={MEMORIES_PATH}>
        <h1>Memories</h1>
        {forgottenCount === null ? null : (
          <p role="status">Forgotten: {memoriesCount(forgottenCount)}.</p>
        )}
        <MemoryPageList memories={memories} filter={filter} look={look()} />
      </Frame>,
    );
  });

  app.get(`${MEMORIES_PATH}/:id`, (context) => {
    const one = asked(context);
    if (one === null) return answerMissing(context, MEMORIES_PATH, GONE);
    return context.html(
      <Frame title={`Memory ${one.id}`} current={MEMORIES_PATH}>
        <h1>Memory {one.id}</h1>
        <Whole memory={one} memories={memories} store={memory} look={look()}>
          <ForgetLink memory={one} look={look()} />
        </Whole>
      </Frame>,
    );
  });

  app.get(`${MEMORIES_PATH}/:id/forget`, (context) => {
    const one = asked(context);
    if (one === null) return answerMissing(context, MEMORIES_PATH, GONE);
    return context.html(
      <Frame title="Forget a memory" current={MEMORIES_PATH}>
        <h1>Shall I forget this?</h1>
        <div class="stack">
          <Whole memory={one} memories={memories} store={memory} look={look()} />
          <p>
            {LASTING} What it took the place of goes with it. Backups that were taken before still
            hold it.
          </p>
          <Siblings count={siblingCount(database, [one.id], one.scope)} />
          <div class="row">
            <form method="post" action={`${memoryPath(one.id)}/forget`}>
              <button type="submit" class="danger">
                Forget it
                <UnseenName memory={one} look={look()} />
              </button>
            </form>
            <a href={memoryPath(one.id)}>Keep it</a>
          </div>
        </div>
      </Frame>,
    );
  });

  app.post(`${MEMORIES_PATH}/:id/forget`, (context) => {
    const one = asked(context);
    const count = one === null ? 0 : forget(one, memory, parts);
    if (count === 0) return answerMissing(context, MEMORIES_PATH, GONE);
    return context.redirect(withParams(MEMORIES_PATH, { forgotten: count }), 303);
  });
  return app;
}

/** @returns How many were forgotten. */
function forget(
  { id, scope }: Memory,
  memory: MemoryStore,
  { database, audit }: Pick<Parts, 'database' | 'audit'>,
): number {
  return database.transaction(() => {
    const { length } = memory.forget([id]);
    if (length > 0) {
      audit.write({
        event: 'console.forget',
        conversationId: scope,
        personId: SHELL_PERSON,
        decision: 'done',
        details: { memory: id },
      });
    }
    return length;
  });
}

/** A memory with all that it has to do with. */
const Whole: FC<{
  readonly memory: Memory;
  readonly memories: Memories;
  readonly store: MemoryStore;
  readonly look: MemoryLook;
  readonly children?: Child;
}> = ({ memory, memories, store, look, children }) => (
  <MemoryCard
    memory={memory}
    ties={memories.ties(memory.id, TIES_COUNT)}
    successor={memory.replacedById === null ? null : store.find(memory.replacedById)}
    look={look}
  >
    {children}
  </MemoryCard>
);

const Siblings: FC<{ readonly count: number }> = ({ count }) =>
  count === 0 ? null : (
    <p>
      {count === 1
        ? '1 other memory came from the same messages, and stays.'
        : `${count} other memories came from the same messages, and stay.`}
    </p>
  );

const TurnedOff: FC<{ readonly isEnabled: boolean }> = ({ isEnabled }) => (
  <Frame title="Memories" current={MEMORIES_PATH}>
    <h1>Memories</h1>
    <Empty>
      <WithCode
        text={
          isEnabled
            ? 'The memory could not be opened, so nothing is recalled and nothing is learned. `claudio log` tells why, and `claudio doctor` looks for the cause.'
            : 'The memory is turned off: nothing is recalled and nothing is learned. `claudio config set MEMORY_ENABLED 1` turns it on, and `claudio restart` applies that.'
        }
      />
    </Empty>
  </Frame>
);
