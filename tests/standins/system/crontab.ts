import { Refusal, runStandin } from './place.ts';

/** What the crontab of Debian and of macOS takes for one command, in characters. */
const MAX_COMMAND = 1000;
const FIELDS = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day-of-month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12 },
  { name: 'day-of-week', from: 0, to: 7 },
];

await runStandin(
  'crontab',
  (place, argv) => {
    const user = process.env['USER'] ?? '';
    if (place.settings.crontab === 'denied') {
      throw new Refusal(1, `You (${user}) are not allowed to use this program (crontab)`);
    }
    const standing = place.read<string | null>('crontab.json', null);
    switch (argv[0]) {
      case '-l':
        if (standing === null) throw new Refusal(1, `no crontab for ${user}`);
        process.stdout.write(standing);
        return;
      case '-r':
        if (standing === null) throw new Refusal(1, `no crontab for ${user}`);
        place.write('crontab.json', null);
        return;
      case '-': {
        const text = argv[1] ?? '';
        check(text);
        place.write('crontab.json', text);
        return;
      }
      default:
        throw new Refusal(1, `crontab: usage error: unrecognized option ${argv[0] ?? ''}`);
    }
  },
  (argv) => argv[0] === '-',
);

function check(text: string): void {
  if (text !== '' && !text.endsWith('\n')) {
    throw new Refusal(1, "new crontab file is missing newline before EOF, can't install.");
  }
  for (const [index, line] of text.split('\n').entries()) {
    const fault = faultOf(line);
    if (fault !== null) {
      throw new Refusal(1, `"-":${index + 1}: ${fault}\nerrors in crontab file, can't install.`);
    }
  }
}

function faultOf(line: string): string | null {
  const text = line.trimStart();
  if (text === '' || text.startsWith('#')) return null;
  if (/^[A-Za-z_"'][\w"' ]*\s*=/u.test(text)) return null;
  const short = /^@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)\s+(.*)$/u.exec(
    text,
  );
  const words = /^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(.*)$/u.exec(text);
  const command = short?.[1] ?? words?.[6];
  if (short === null) {
    const bad = FIELDS.find(({ from, to }, at) => !isField(words?.[at + 1] ?? '', from, to));
    if (bad !== undefined) return `bad ${bad.name}`;
  }
  if (command === undefined || command === '') return 'bad command';
  return command.length >= MAX_COMMAND ? 'command too long' : null;
}

function isField(text: string, from: number, to: number): boolean {
  return text.split(',').every((part) => {
    const found = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/u.exec(part);
    if (found === null) return false;
    const numbers = [found[1], found[2]].filter((number) => number !== undefined).map(Number);
    return numbers.every((number) => number >= from && number <= to) && Number(found[3] ?? 1) > 0;
  });
}
