import { existsSync, readFileSync } from 'node:fs';
import { Refusal, runStandin } from './place.ts';

await runStandin('journalctl', (place, argv) => {
  const valueOf = (name: string): string | undefined =>
    argv.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const known = /^--(?:user|no-pager|quiet|unit=.+|lines=\d+|output=cat|since=.+)$/u;
  const unknown = argv.find((word) => !known.test(word));
  if (unknown !== undefined) throw new Refusal(1, `journalctl: unrecognized option '${unknown}'`);
  if (!argv.includes('--user')) throw new Refusal(1, 'No journal files were opened.');
  const file = place.path(`processes/${valueOf('--unit') ?? ''}.log`);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  const count = Number(valueOf('--lines') ?? 1000);
  process.stdout.write(
    lines
      .slice(-count)
      .map((line) => `${line}\n`)
      .join(''),
  );
});
