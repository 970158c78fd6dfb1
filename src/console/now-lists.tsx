import type { Child } from 'hono/jsx';
import { Failed } from './now-delivery-lists.tsx';
import { createNowDeliveries } from './now-deliveries.ts';
import { Interrupted, Running, TodaysNumbers, Waiting } from './now-turn-lists.tsx';
import { createNowTurns } from './now-turns.ts';
import type { ConsoleParts } from './parts.ts';
import { createPlaceNames } from './place-names.ts';

/** What the lists are read from. */
export type NowParts = Pick<ConsoleParts, 'database' | 'clock' | 'bots' | 'mask'>;

/** The lists as they are now, by the ids of their elements, in their order on the page. */
export type NowLists = () => ReadonlyMap<string, Child>;

export function createNowLists({ database, clock, bots, mask }: NowParts): NowLists {
  const turns = createNowTurns(database, clock);
  const deliveries = createNowDeliveries(database);
  return () => {
    const look = { names: createPlaceNames(database, bots), mask, nowMs: clock.now() };
    const [failed, held] = [deliveries.failed(), deliveries.held()];
    return new Map([
      ['running', <Running list={turns.running()} look={look} />],
      ['waiting', <Waiting list={turns.waiting()} look={look} />],
      ['interrupted', <Interrupted list={turns.interrupted()} look={look} />],
      ['failed', <Failed failed={failed} held={held} look={look} />],
      ['today', <TodaysNumbers today={turns.today()} />],
    ]);
  };
}
