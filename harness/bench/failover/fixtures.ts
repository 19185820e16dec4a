import { act, arp, history, probe, script, udp } from '../../check/literal-history.ts';
import type { Port } from '../../check/seen.ts';
import { NS_PER_MS } from '../../check/span.ts';
import type { EventLogged, FrameSeen, HistoryEvent } from '../../history/event.ts';
import { encodeAnswer, encodeRequest } from '../../traffic/frame.ts';
import { LOG_READING } from './leads.ts';
import { type Cast, type Reading, STRIKE } from './measurement.ts';
import type { Trial } from './trial.ts';

/** Trials for tests, written down event by event. */

const CLIENT: Port = { lan: 'internet', node: 'client1', leg: 'internet' };
const legs = (node: string) => ({
  access: { lan: 'access', node, leg: 'access' },
  server: { lan: 'server', node, leg: 'server' },
});
export const CAST: Cast = {
  client: CLIENT,
  cluster: '203.0.113.10',
  port: 7,
  nlbs: '10.77.1.100',
  old: legs('nlb1'),
  fresh: legs('nlb2'),
  beatsTo: 4000,
  perSecond: 100,
  patienceMs: 50,
};
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const OUT = { source: '198.51.100.10', sourcePort: 4000, destination: CAST.cluster, destinationPort: CAST.port };
const BACK = { source: CAST.cluster, sourcePort: CAST.port, destination: '198.51.100.10', destinationPort: 4000 };

/** A datagram that leaves the client, and its answer, where one comes, after so many milliseconds. */
export function asked(atMs: number, sequence: number, answeredAfterMs?: number): FrameSeen[] {
  const request = encodeRequest(0, sequence, 8);
  const out = udp({ atMs, from: CLIENT, to: [] }, MACS, { ...OUT, text: text(request) });
  if (answeredAfterMs === undefined) return out;
  const answer = { ...BACK, text: text(encodeAnswer('server1', request)) };
  const way = { atMs: atMs + answeredAfterMs, from: { ...CLIENT, node: 'router' }, to: [CLIENT] };
  return [...out, ...udp(way, MACS, answer)];
}

/** An announcement of the shared address, or a claim to it. */
export function claimed(atMs: number, by: 'old' | 'fresh'): FrameSeen[] {
  const ends = { senderMac: MACS.source, senderIp: CAST.nlbs, targetIp: CAST.nlbs };
  return arp({ atMs, from: CAST[by].access, to: [] }, { operation: 'request', ...ends });
}

export function forwardedByOld(atMs: number): FrameSeen[] {
  return udp({ atMs, from: CAST.old.server, to: [] }, MACS, OUT);
}

export function beat(atMs: number, by: 'old' | 'fresh'): FrameSeen[] {
  const ends = { source: '10.77.1.11', destination: '10.77.1.12', sourcePort: 4000, destinationPort: 4000 };
  return udp({ atMs, from: CAST[by].access, to: [] }, MACS, ends);
}

/** A change of state as a node's event log tells it. @param leaseOverMs for how long the lease had been over, where it was lost */
export function entersState(atMs: number, by: 'old' | 'fresh', state: string, leaseOverMs?: number): EventLogged {
  const { node } = CAST[by].access;
  const lost = leaseOverMs === undefined ? {} : { lost: { leaseOverMs } };
  const index = Math.round(atMs);
  const fields = { seq: index, time: '2026-11-26T00:00:00.000Z', monotonicMs: atMs, event: 'state', state, ...lost };
  const instants = { atNs: atMs * NS_PER_MS, readNs: 1e9 };
  return { kind: 'logged', node, reading: LOG_READING, index, text: JSON.stringify(fields), ...instants };
}

export const struck = (atMs: number): HistoryEvent => act(atMs, STRIKE, 'nlb1');
export { CLIENT, history, MACS, probe, script };

const GOOD: Reading = {
  sent: 700,
  lost: 0,
  silentMs: 2,
  silentFromMs: 1,
  resets: 0,
  announcedAfterMs: 40,
  oldSpoke: 0,
  oldSpokeForMs: 0,
  oldLed: 0,
  changes: [],
  prober: { lateP99Ms: 0.5, lateMaxMs: 1 },
};

/** A good trial, but for what is given. */
export function trial(but: Partial<Trial> = {}): Trial {
  return { ...GOOD, active: 'nlb1', story: { oldPausedMs: 11, freshPausedMs: 12 }, dropped: 0, ...but };
}
