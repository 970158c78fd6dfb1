import { Refusal, runStandin, type Place } from './place.ts';
import { UserSystemd } from './user-systemd.ts';

const FLAGS = new Set([
  '--user',
  '--no-pager',
  '--quiet',
  '-q',
  '--now',
  '--no-legend',
  '--plain',
  '--all',
]);
const VALUED = new Set(['--property', '-p', '--state', '--type', '-t', '--signal', '-s']);
const BUS_MISSING = 'Failed to connect to bus: No medium found';

await runStandin('systemctl', async (place, argv) => {
  const { flags, options, words } = readArguments(argv);
  const [verb, ...units] = words;
  if (verb === undefined) throw new Refusal(1, 'systemctl: no command');
  if (!flags.has('--user') || !hasBus(place)) throw new Refusal(1, BUS_MISSING);
  if ((process.env['XDG_RUNTIME_DIR'] ?? '') === '') throw new Refusal(1, BUS_MISSING);
  const systemd = new UserSystemd(place);
  const names = units.map((name) => (name.includes('.') ? name : `${name}.service`));
  switch (verb) {
    case 'daemon-reload':
      return systemd.reload();
    case 'enable':
      for (const name of names) systemd.enable(name);
      if (flags.has('--now')) for (const name of names) await systemd.start(name, 'start');
      return;
    case 'disable':
      for (const name of names) systemd.disable(name);
      if (flags.has('--now')) for (const name of names) await systemd.stop(name, 'stop');
      return;
    case 'start':
      for (const name of names) await systemd.start(name, verb);
      return;
    case 'stop':
      for (const name of names) await systemd.stop(name, verb);
      return;
    case 'restart':
    case 'try-restart':
      for (const name of names) {
        const wasActive = systemd.activeState(name) === 'active';
        systemd.load(name, verb);
        if (verb === 'try-restart' && !wasActive) continue;
        await systemd.stop(name, verb);
        await systemd.start(name, verb);
      }
      return;
    case 'is-active':
      return answer(systemd.activeState(names[0] ?? ''), 'active', 3);
    case 'is-enabled':
      return answer(systemd.fileState(names[0] ?? ''), 'enabled', 1);
    case 'show':
      process.stdout.write(`${systemd.show(names[0] ?? '', options)}\n`);
      return;
    case 'list-unit-files':
      process.stdout.write(systemd.list(options.get('--state')?.[0]));
      return;
    case 'reset-failed':
      for (const name of names) systemd.resetFailed(name);
      return;
    default:
      throw new Refusal(1, `Unknown command verb ${verb}.`);
  }
});

function hasBus(place: Place): boolean {
  const { bus } = place.settings;
  if (bus !== 'after-lingering') return bus === 'there';
  const questionCount = place.read('bus-questions.json', 0);
  if (place.read('lingering.json', false)) place.write('bus-questions.json', questionCount + 1);
  return questionCount >= 2;
}

function answer(state: string, good: string, exitCode: number): void {
  process.stdout.write(`${state}\n`);
  if (state !== good) process.exitCode = exitCode;
}

function readArguments(argv: readonly string[]) {
  const flags = new Set<string>();
  const options = new Map<string, string[]>();
  const words: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    const [name = '', ...value] = word.split('=');
    if (!word.startsWith('-')) words.push(word);
    else if (FLAGS.has(word)) flags.add(word);
    else if (VALUED.has(name)) {
      const given = word.includes('=') ? value.join('=') : (argv[(at += 1)] ?? '');
      const key = name === '-p' ? '--property' : name;
      options.set(key, [...(options.get(key) ?? []), ...given.split(',')]);
    } else throw new Refusal(1, `systemctl: unrecognized option '${word}'`);
  }
  return { flags, options, words };
}
