import type { NewMemory } from '../../core/memory.ts';
import type { MemoryStore } from '../store.ts';
import type { VectorIndex } from '../vectors.ts';
import type { Decision, Former } from './pairs.ts';

/** The vectors of new memories, in their order, and the model that made them. */
export interface Embedded {
  readonly model: string;
  readonly vectors: readonly Float32Array[];
}

/** What became of new memories. */
export interface KeptCounts {
  readonly newCount: number;
  readonly strengthenedCount: number;
  readonly supersededCount: number;
  readonly refusedCount: number;
}

/**
 * Keeps new memories as it was decided, each with its vector where there is one. To be called in a
 * transaction.
 *
 * @returns Also what each of them is kept as; `null`: not at all.
 */
export function keep(
  scope: string,
  proposals: readonly NewMemory[],
  decisions: readonly Decision[],
  embedded: Embedded | null,
  { store, vectors }: { readonly store: MemoryStore; readonly vectors: VectorIndex | null },
): { readonly counts: KeptCounts; readonly keptIds: readonly (number | null)[] } {
  const counts = { newCount: 0, strengthenedCount: 0, supersededCount: 0, refusedCount: 0 };
  const keptIds: (number | null)[] = [];
  const idOf = (former: Former): number | null =>
    former.kind === 'kept' ? former.memory.id : (keptIds[former.index] ?? null);
  const liveIdOf = (former: Former | null): number | null => {
    const id = former === null ? null : idOf(former);
    return id !== null && store.find(id)?.status === 'live' ? id : null;
  };

  const keepOne = (proposal: NewMemory, decision: Decision | undefined, at: number) => {
    const repeatedId = liveIdOf(decision?.repeats ?? null);
    if (repeatedId !== null) {
      store.strengthen(repeatedId, proposal.messageIds ?? [], proposal.episodeIds);
      counts.strengthenedCount += 1;
      return repeatedId;
    }
    const outcome = store.remember(scope, proposal);
    if (outcome.kind === 'refused') {
      counts.refusedCount += 1;
      return null;
    }
    if (outcome.kind === 'known') {
      counts.strengthenedCount += 1;
      return outcome.memory.id;
    }
    counts.newCount += 1;
    const vector = embedded?.vectors[at];
    if (vector !== undefined) vectors?.put(outcome.memory.id, scope, vector);
    return outcome.memory.id;
  };

  const [first] = embedded?.vectors ?? [];
  if (embedded !== null && first !== undefined) vectors?.use(embedded.model, first.length);
  for (const [at, proposal] of proposals.entries()) {
    const decision = decisions[at];
    const keptId = keepOne(proposal, decision, at);
    keptIds.push(keptId);
    for (const former of decision?.replaces ?? []) {
      const formerId = idOf(former);
      if (keptId === null || formerId === null) continue;
      const [goneId, stayingId] = isOfBefore(proposal, formerId, store)
        ? [keptId, formerId]
        : [formerId, keptId];
      if (store.supersede(goneId, stayingId)) counts.supersededCount += 1;
    }
  }
  return { counts, keptIds };
}

/** Whether something new is of before something kept: what is found in old episodes corrects nothing newer. */
function isOfBefore({ createdAtMs }: NewMemory, formerId: number, store: MemoryStore): boolean {
  const former = store.find(formerId);
  return createdAtMs !== undefined && former !== null && createdAtMs < former.createdAtMs;
}
