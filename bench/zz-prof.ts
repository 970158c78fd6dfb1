import { setTimeout as rest } from 'node:timers/promises';
import { startService as startNew } from './service.ts';
import { createPoster } from './poster.ts';
const which = process.argv[2] ?? 'new';
const { startService } = which === 'old' ? await import('/tmp/before/bench/service.ts' as string) as { startService: typeof startNew } : { startService: startNew };
const s = await startService({ claude: '/tmp/r3/stuck', settings: { MAX_CONCURRENT_TURNS: '1', PROGRESS: 'off', NODE_OPTIONS: `--cpu-prof --cpu-prof-interval 200 --cpu-prof-dir=/tmp/r3/prof-${which}` } });
const poster = createPoster(s.origin, 1);
for (let round = 0; round < 800; round += 1) {
  await poster.post(s.api.updates.text('why is the build red?', { chat: 3000 + round }));
  await rest(2);
}
process.kill(s.process.pid, 'SIGTERM');
await rest(6000);
process.exit(0);
