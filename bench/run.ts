import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { measureConversations } from './conversations.ts';
import { measureEmbedding } from './embedding.ts';
import { measureGate } from './gate.ts';
import { measureMemory } from './memory.ts';
import { measureMemoryTurn } from './memory-turn.ts';
import { measureOneMessage } from './one-message.ts';
import { measurePages } from './pages.ts';
import { measureRecall } from './recall.ts';
import { toJson, toTable, type Row } from './report.ts';
import { measureStandIn } from './stand-in.ts';
import { measureStartUp } from './start-up.ts';
import { measureWholeTurn } from './whole-turn.ts';

// What to measure can be named: `npm run bench -- memory start-up`.
const MEASURES: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  'one-message': measureOneMessage,
  gate: measureGate,
  conversations: measureConversations,
  'stand-in': measureStandIn,
  memory: measureMemory,
  'whole-turn': measureWholeTurn,
  'memory-turn': measureMemoryTurn,
  'start-up': measureStartUp,
  embedding: measureEmbedding,
  recall: measureRecall,
  pages: measurePages,
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(MEASURES);
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  coreCount: availableParallelism(),
  kernel: release(),
  node: process.version,
  at: new Date().toISOString(),
  loadBefore: loadavg()[0],
};
const rows: Row[] = [];
for (const name of wanted) {
  const measure = MEASURES[name];
  if (measure === undefined)
    throw new Error(`${name} is none of ${Object.keys(MEASURES).join(', ')}`);
  process.stderr.write(`measuring ${name} …\n`);
  rows.push(...(await measure()));
}
process.stdout.write(`\n${toTable(rows)}\n\n${toJson(machine, rows)}\n`);
