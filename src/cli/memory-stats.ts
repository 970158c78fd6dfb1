import { withMemory } from '../app/from-shell/memory.ts';
import { formatDollars, startOfDay, startOfMonth } from '../core/format.ts';
import { kindCounts } from '../memory/telling.ts';
import { memoryCallsSince, memorySizeBytes, rebuildWords } from '../memory/upkeep.ts';
import { systemClock } from '../platform/clock.ts';
import { EXIT, type CliContext, type CommonOptions } from './context.ts';

const BYTES_PER_MB = 1e6;

/** `claudio memory stats` */
export function memoryStats(context: CliContext, options: CommonOptions): Promise<number> {
  return withMemory(context.environment, async ({ memory, database, settings }) => {
    const model = settings.MEMORY_EMBEDDING_MODEL;
    const { liveByKind, supersededCount, distilledCount, embeddedCount } = memory.store.counts(
      undefined,
      model,
    );
    const liveCount = Object.values(liveByKind).reduce((sum, count) => sum + count, 0);
    const state = memory.embedder?.state() ?? {
      kind: 'unavailable' as const,
      reason: 'sqlite-vec has no program for this machine',
      remedy: 'Everything is found by its words.',
    };
    const nowMs = systemClock.now();
    const report = {
      isEnabled: settings.MEMORY_ENABLED,
      liveCount,
      liveByKind,
      supersededCount,
      distilledCount,
      embeddedCount,
      waitingCount: liveCount - embeddedCount,
      model,
      modelState: state.kind === 'unavailable' ? state.reason : 'there',
      sizeBytes: memorySizeBytes(database),
      today: memoryCallsSince(database, startOfDay(nowMs, 0)),
      month: memoryCallsSince(database, startOfMonth(nowMs)),
      dailyBudgetUsd: settings.MEMORY_DAILY_BUDGET,
    };
    if (options.json === true) {
      context.print(JSON.stringify(report, null, 2));
      return await Promise.resolve(EXIT.ok);
    }
    const rows: readonly (readonly [string, string])[] = [
      ['remembered', kindCounts(liveByKind) || 'nothing yet'],
      ['history', `${supersededCount} superseded, ${distilledCount} distilled`],
      ['vectors', `${embeddedCount}, ${report.waitingCount} waiting`],
      [
        'model',
        state.kind === 'unavailable' ? state.reason.replace(/\.$/u, '') : `${model}, there`,
      ],
      ['on disk', `${(report.sizeBytes / BYTES_PER_MB).toFixed(1)} MB`],
      ['today', `${callsOf(report.today)} of ${formatDollars(report.dailyBudgetUsd)}`],
      ['this month', callsOf(report.month)],
    ];
    context.print(rows.map(([name, text]) => `${name.padEnd(10)}  ${text}`).join('\n'));
    if (state.kind === 'unavailable') context.ui.say(state.remedy);
    if (!settings.MEMORY_ENABLED) context.ui.warn('MEMORY_ENABLED is 0: it is turned off.');
    return EXIT.ok;
  });
}

function callsOf({ callCount, costUsd }: { callCount: number; costUsd: number }): string {
  return `${callCount} ${callCount === 1 ? 'call' : 'calls'} of the model, ${formatDollars(costUsd)}`;
}

/** `claudio memory rebuild`: the indexes from what is kept. Vectors that are lost are made again by the service. */
export function memoryRebuild(context: CliContext): Promise<number> {
  const { ui } = context;
  return withMemory(context.environment, async ({ memory, database, commit }) => {
    await ui.step('Making the full text search anew', () => commit(() => rebuildWords(database)));
    const { vectors, store } = memory;
    if (vectors !== null) {
      await ui.step('Making the index of vectors anew', () => commit(() => vectors.rebuild()));
    }
    const { liveByKind, embeddedCount } = store.counts(undefined, memory.embedder?.model);
    const liveCount = Object.values(liveByKind).reduce((sum, count) => sum + count, 0);
    ui.done(`Made anew: ${liveCount} by words, ${embeddedCount} by meaning`);
    if (vectors !== null && embeddedCount < liveCount) {
      ui.say(
        `${liveCount - embeddedCount} wait for their vectors, which the service makes in the background.`,
      );
    }
    return EXIT.ok;
  });
}
