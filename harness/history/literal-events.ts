import type { FrameSeen, HistoryEvent } from './event.ts';

export function frame(atNs: number, bytes: Uint8Array): FrameSeen {
  return { kind: 'frame', atNs, lan: 'access', node: 'fw1', leg: 'access', direction: 'sent', bytes };
}

/** One event of each kind, with and without what it need not have; not in the order of time. */
export const EVENTS: HistoryEvent[] = [
  { kind: 'watched', atNs: 0, what: 'frames', where: 'access', untilNs: 9, missed: 0 },
  { kind: 'act', atNs: 8, what: 'power loss', node: 'nlb1', untilNs: 9 },
  { kind: 'act', atNs: 8, what: 'read', detail: 'a\nb' },
  { kind: 'address', atNs: 2, node: 'nlb1', device: 'access', address: '10.77.1.100/32', change: 'added' },
  { kind: 'address', atNs: 3, node: 'nlb1', device: 'lo', address: '::1/128', label: 'lo:1', change: 'removed' },
  { kind: 'neighbour', atNs: 3, node: 'fw1', device: 'access', address: '10.77.1.100', state: 'FAILED' },
  { kind: 'probe', atNs: 1, node: 'client1', protocol: 'tcp', flow: 'ä\n7', sequence: 0, outcome: 'lost' },
  { kind: 'served', atNs: 5, node: 'server1', protocol: 'http', client: '198.51.100.10:4711', target: '/' },
  { kind: 'census', atNs: 6, addresses: [{ node: 'nlb1', device: 'lo', address: '127.0.0.1/8' }], routes: [] },
  { kind: 'script', atNs: 7, node: 'nlb1', state: 'active', previous: 'standby', reason: 'peer silent' },
  { kind: 'logged', atNs: 7, node: 'nlb1', reading: 'a', index: 0, readNs: 9, text: '{"seq":1}' },
  { kind: 'counted', atNs: 7, node: 'nlb1', what: 'refused heartbeats', counts: { forged: 3 } },
  { kind: 'drops', atNs: 7, node: 'nlb1', life: '4711', anew: true, counts: { flooded: 2 } },
  { kind: 'standstill', atNs: 8, untilNs: 12 },
  { kind: 'starved', atNs: 8, untilNs: 28, node: 'nlb1', forNs: 15 },
  { kind: 'test', atNs: 8, title: 'all is well', phase: 'begins' },
  frame(4, Uint8Array.of(0, 1, 255)),
];
