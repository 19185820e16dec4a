import { act, arp, history, probe, script, udp } from '../../check/literal-history.ts';
import type { Port } from '../../check/seen.ts';
import { NS_PER_MS } from '../../check/span.ts';
import type { EventLogged, FrameSeen, HistoryEvent } from '../../history/event.ts';
import { encodeAnswer, encodeRequest } from '../../traffic/frame.ts';
import { LOG_READING } from './leads.ts';
import { type Endpoints, INJECTION, type Measurement } from './measurement.ts';
import type { Trial } from './trial.ts';

/** Trials for tests, written down event by event. */

const CLIENT: Port = { lan: 'internet', node: 'client1', leg: 'internet' };
const legs = (node: string) => ({
  access: { lan: 'access', node, leg: 'access' },
  server: { lan: 'server', node, leg: 'server' },
});
export const ENDPOINTS: Endpoints = {
  client: CLIENT,
  cluster: '203.0.113.10',
  port: 7,
  nlbs: '10.77.1.100',
  oldActive: legs('nlb1'),
  newActive: legs('nlb2'),
  beatsTo: 4000,
  perSecond: 100,
  timeoutMs: 50,
};
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const OUT = {
  source: '198.51.100.10',
  sourcePort: 4000,
  destination: ENDPOINTS.cluster,
  destinationPort: ENDPOINTS.port,
};
const BACK = {
  source: ENDPOINTS.cluster,
  sourcePort: ENDPOINTS.port,
  destination: '198.51.100.10',
  destinationPort: 4000,
};

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
export function claimed(atMs: number, by: 'oldActive' | 'newActive'): FrameSeen[] {
  const ends = { senderMac: MACS.source, senderIp: ENDPOINTS.nlbs, targetIp: ENDPOINTS.nlbs };
  return arp({ atMs, from: ENDPOINTS[by].access, to: [] }, { operation: 'request', ...ends });
}

export function forwardedByOldActive(atMs: number): FrameSeen[] {
  return udp({ atMs, from: ENDPOINTS.oldActive.server, to: [] }, MACS, OUT);
}

export function beat(atMs: number, by: 'oldActive' | 'newActive'): FrameSeen[] {
  const ends = { source: '10.77.1.11', destination: '10.77.1.12', sourcePort: 4000, destinationPort: 4000 };
  return udp({ atMs, from: ENDPOINTS[by].access, to: [] }, MACS, ends);
}

/** A change of state as a node's event log tells it. @param leaseOverMs for how long the lease had been over, where it was lost */
export function entersState(
  atMs: number,
  by: 'oldActive' | 'newActive',
  state: string,
  leaseOverMs?: number,
): EventLogged {
  const { node } = ENDPOINTS[by].access;
  const lost = leaseOverMs === undefined ? {} : { lost: { leaseOverMs } };
  const index = Math.round(atMs);
  const fields = { seq: index, time: '2026-11-26T00:00:00.000Z', monotonicMs: atMs, event: 'state', state, ...lost };
  const instants = { atNs: atMs * NS_PER_MS, readNs: 1e9 };
  return { kind: 'logged', node, reading: LOG_READING, index, text: JSON.stringify(fields), ...instants };
}

export const injected = (atMs: number): HistoryEvent => act(atMs, INJECTION, 'nlb1');
export { CLIENT, history, MACS, probe, script };

const GOOD: Measurement = {
  sent: 700,
  lost: 0,
  outageMs: 2,
  outageFromMs: 1,
  resets: 0,
  announcedAfterMs: 40,
  framesFromOldActive: 0,
  oldActiveSentForMs: 0,
  framesUnderRegainedLease: 0,
  changes: [],
  prober: { lateP99Ms: 0.5, lateMaxMs: 1 },
};

/** A good trial, but for what is given. */
export function trial(but: Partial<Trial> = {}): Trial {
  return { ...GOOD, active: 'nlb1', timeline: { oldActivePausedMs: 11, newActivePausedMs: 12 }, dropped: 0, ...but };
}
