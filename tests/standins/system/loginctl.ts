import { Refusal, runStandin } from './place.ts';

const FLAGS = new Set(['--no-ask-password', '--no-pager', '--value']);

await runStandin('loginctl', (place, argv) => {
  const flags = argv.filter((word) => word.startsWith('--') && !word.includes('='));
  const unknown = flags.find((flag) => !FLAGS.has(flag));
  if (unknown !== undefined) throw new Refusal(1, `loginctl: unrecognized option '${unknown}'`);
  const words = argv.filter((word) => !word.startsWith('-'));
  const [verb, user = process.env['USER'] ?? ''] = words;
  if (place.settings.bus === 'missing') {
    throw new Refusal(1, 'Failed to connect to bus: No such file or directory');
  }
  switch (verb) {
    case 'enable-linger':
    case 'disable-linger':
      if (place.settings.linger === 'denied') {
        const what = verb === 'enable-linger' ? 'enable' : 'disable';
        throw new Refusal(1, `Could not ${what} linger: Access denied`);
      }
      place.write('lingering.json', verb === 'enable-linger');
      return;
    case 'show-user': {
      if (user === '') throw new Refusal(1, 'Failed to get user: no user');
      const isLingering = place.read('lingering.json', false) ? 'yes' : 'no';
      process.stdout.write(
        flags.includes('--value') ? `${isLingering}\n` : `Linger=${isLingering}\n`,
      );
      return;
    }
    default:
      throw new Refusal(1, `Unknown command verb ${verb ?? ''}.`);
  }
});
