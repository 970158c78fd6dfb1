import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLastFault } from '../../../src/ops/tunnel/last-fault.ts';
import { isPortTaken, troubleOf } from '../../../src/ops/tunnel/reasons.ts';

function saidAfter(text: string): string | null {
  const fault = createLastFault();
  fault.take(text);
  return fault.said();
}

test.each([
  ['2026-11-21T10:00:00Z INF Starting tunnel tunnelID=1\n', null],
  ['2026-11-21T10:00:00Z WRN Something odd error="no harm"\n', null],
  [
    '2026-11-21T10:00:00Z ERR Failed to dial a quic connection error="failed to dial to edge with quic: timeout: no recent network activity" connIndex=0 event=0 ip=198.51.100.7\n',
    'Failed to dial a quic connection: failed to dial to edge with quic: timeout: no recent network activity',
  ],
  [
    '2026-11-21T10:00:00Z ERR Couldn\'t start tunnel error="it says \\"no\\"" connIndex=0\n',
    'Couldn\'t start tunnel: it says "no"',
  ],
  // What it says when it gives up hides nothing of what it said before.
  [
    '2026-11-21T10:00:00Z ERR The fault connIndex=0\n2026-11-21T10:00:00Z ERR Initiating shutdown error="x"\n',
    'The fault',
  ],
  [
    'failed to request quick Tunnel: Post "https://x": EOF\n',
    'failed to request quick Tunnel: Post "https://x": EOF',
  ],
  // A library that writes through Go's own log.
  ['2026/11/21 10:00:00 failed to sufficiently increase receive buffer size\n', null],
  ['\n  \n', null],
  ['an unfinished line', null],
])('of %j the last fault is %j', (text, said) => {
  expect(saidAfter(text)).toBe(said);
});

test('however the output is cut, the same fault is found', () => {
  const text =
    '2026-11-21T10:00:00Z ERR One error="a" x=1\n2026-11-21T10:00:01Z INF Nothing\n2026-11-21T10:00:02Z ERR Two error="b c" x=1\n';
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
      const fault = createLastFault();
      const ends = [...cuts, text.length].toSorted((a, b) => a - b);
      ends.forEach((end, index) => fault.take(text.slice(ends[index - 1] ?? 0, end)));
      expect(fault.said()).toBe('Two: b c');
    }),
  );
});

test('what was forgotten is not said again', () => {
  const fault = createLastFault();
  fault.take('no good\n');
  fault.forget();
  expect(fault.said()).toBeNull();
});

test.each([
  [
    'Register tunnel error from server side: Unauthorized: Tunnel not found',
    'claudio tunnel setup',
  ],
  ["Tunnel credentials file '/x' doesn't exist or is not a file", 'claudio tunnel setup'],
  ['failed to request quick Tunnel: dial tcp: lookup api.trycloudflare.com: no such host', '7844'],
  ["failed to unmarshal quick Tunnel: invalid character 'e'", 'wait some minutes'],
  ['error parsing YAML in config file at /x', 'Update cloudflared'],
  ['something new', '/h/cloudflared.log'],
])('about %j there is something to do', (said, remedy) => {
  expect(troubleOf(said, 'named', '/h/cloudflared.log').remedy).toContain(remedy);
});

test('a quick tunnel that Cloudflare has forgotten needs nobody', () => {
  const { remedy } = troubleOf('Unauthorized: Tunnel not found', 'quick', '/h/cloudflared.log');
  expect(remedy).toContain('asks for a new one');
});

test('a reason is never long, and a taken port is known from the words for it', () => {
  expect(troubleOf('x'.repeat(5000), 'named', '/l').reason).toHaveLength(201);
  expect(isPortTaken('failed to bind to address (127.0.0.1:1): bind: address already in use')).toBe(
    true,
  );
  expect(isPortTaken('something else')).toBe(false);
});
