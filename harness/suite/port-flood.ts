import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { ETHER_TYPE, encodeEthernet } from '../capture/ethernet.ts';
import { encodeIpv4, PROTOCOL } from '../capture/ipv4.ts';
import { encodeUdp } from '../capture/udp.ts';
import { inNamespace } from '../driver/namespace.ts';
import type { Random } from '../fault/random.ts';
import { HEARTBEAT_PORT } from '../fault/silence.ts';
import type { Scene } from './scene.ts';

const PROGRAM = path.resolve(import.meta.dirname, 'flood-port.ts');
/** Of a heartbeat's size, and of different starts of its sender. */
const [BEAT_BYTES, FRAMES] = [150, 16];
/** What every heartbeat begins with: the protocol's name and its version. */
const BEGINNING = [...Buffer.from('NLBP'), 4];

/** A datagram to the node's heartbeat port in its peer's name: from its hardware address, IP address and port. */
function spoofed(scene: Scene, { victim, peer, leg }: { victim: string; peer: string; leg: string }, random: Random) {
  const ends = { source: scene.address(peer, leg), destination: scene.address(victim, leg) };
  const payload = Uint8Array.of(...BEGINNING, ...random.bytes(BEAT_BYTES - BEGINNING.length));
  const ports = { sourcePort: HEARTBEAT_PORT, destinationPort: HEARTBEAT_PORT };
  const packet = encodeIpv4({ ...ends, protocol: PROTOCOL.udp }, encodeUdp({ ...ends, ...ports, payload }));
  const macs = { source: scene.mac(peer, leg), destination: scene.mac(victim, leg) };
  return encodeEthernet({ ...macs, etherType: ETHER_TYPE.ipv4 }, packet);
}

/** So many of them a second, by each subnet, out of the switch's port to the node. Gives how many were sent. */
export async function floodHeartbeatPort(
  scene: Scene,
  victim: string,
  { perSecond, seconds, random }: { perSecond: number; seconds: number; random: Random },
): Promise<number> {
  const peer = scene.lab.nodes('nlb').find(({ name }) => name !== victim)?.name;
  if (peer === undefined) throw new Error(`${victim} has no peer`);
  const counts = ['access', 'server'].map(async (leg) => {
    const frames = Array.from({ length: FRAMES }, () => spoofed(scene, { victim, peer, leg }, random));
    const hex = frames.map((frame) => Buffer.from(frame).toString('hex'));
    const words = [PROGRAM, scene.leg(victim, leg).port, String(perSecond), String(seconds), ...hex];
    const netns = scene.lab.lanNetns(scene.port(victim, leg).lan);
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = inNamespace(netns, () => spawn(process.execPath, words, { stdio: [...stdio] }));
    if (!child.stdout) throw new Error('the flood cannot say how much it sent');
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return Number(said);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
