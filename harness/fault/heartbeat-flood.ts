import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { ETHER_TYPE, encodeEthernet } from '../capture/ethernet.ts';
import { encodeIpv4, PROTOCOL } from '../capture/ipv4.ts';
import { encodeUdp } from '../capture/udp.ts';
import type { LabView } from '../lab/view.ts';
import type { Random } from './random.ts';
import { heartbeatPort } from './silence.ts';

const PROGRAM = path.resolve(import.meta.dirname, 'flood-port.ts');
/** Of a heartbeat's size, and of different starts of its sender. */
const [BEAT_BYTES, FRAMES] = [150, 16];
/** What every heartbeat begins with: the protocol's name and its version. */
const BEGINNING = [...Buffer.from('NLBP'), 4];

/** A datagram to the node's heartbeat port in its peer's name: from its hardware address, IP address and port. */
function spoofed(view: LabView, { victim, peer, leg }: { victim: string; peer: string; leg: string }, random: Random) {
  const ends = { source: view.address(peer, leg), destination: view.address(victim, leg) };
  const payload = Uint8Array.of(...BEGINNING, ...random.bytes(BEAT_BYTES - BEGINNING.length));
  const ports = { sourcePort: heartbeatPort(view), destinationPort: heartbeatPort(view) };
  const packet = encodeIpv4({ ...ends, protocol: PROTOCOL.udp }, encodeUdp({ ...ends, ...ports, payload }));
  const macs = { source: view.mac(peer, leg), destination: view.mac(victim, leg) };
  return encodeEthernet({ ...macs, etherType: ETHER_TYPE.ipv4 }, packet);
}

/** So many of them a second, by each subnet, out of the switch's port to the node. Gives how many were sent. */
export async function floodHeartbeatPort(
  view: LabView,
  victim: string,
  { perSecond, seconds, random }: { perSecond: number; seconds: number; random: Random },
): Promise<number> {
  const peer = view.lab.nodes('nlb').find(({ name }) => name !== victim)?.name;
  if (peer === undefined) throw new Error(`${victim} has no peer`);
  const counts = ['access', 'server'].map(async (leg) => {
    const frames = Array.from({ length: FRAMES }, () => spoofed(view, { victim, peer, leg }, random));
    const hex = frames.map((frame) => Buffer.from(frame).toString('hex'));
    const words = [PROGRAM, view.leg(victim, leg).port, String(perSecond), String(seconds), ...hex];
    const lanSwitch = view.lab.switchOf(view.port(victim, leg).lan);
    const child = lanSwitch.open([process.execPath, ...words], ['ignore', 'pipe', 'inherit']);
    if (!child.stdout) throw new Error('the flood cannot say how much it sent');
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return Number(said);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
