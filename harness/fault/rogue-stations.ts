import { BROADCAST_MAC, ZERO_MAC } from '../capture/address-text.ts';
import { encodeArp } from '../capture/arp.ts';
import { ETHER_TYPE, encodeEthernet } from '../capture/ethernet.ts';
import { decodeFrame } from '../capture/frame.ts';
import { openRing } from '../capture/packet-ring.ts';
import type { LabView } from '../lab/view.ts';
import { lieUnreachable, waysTo } from './imposter.ts';

/** Stations of the access subnet that speak for the NLBS address, or in a node's name. Each gives what ends it. */

const EVERY_MS = 3;

interface ArpWords {
  operation: 'request' | 'reply';
  senderMac: string;
  senderIp: string;
  targetMac: string;
  targetIp: string;
}

/** From a firewall's place in the switch, by whatever hardware address. */
function say(view: LabView, to: string, words: ArpWords): void {
  const [firewall] = view.lab.nodes('firewall');
  if (!firewall) throw new Error(`the topology ${view.lab.plan.topology} has no firewall to speak from`);
  const header = { destination: to, source: words.senderMac, etherType: ETHER_TYPE.arp };
  view.inject(firewall.name, 'access', encodeEthernet(header, encodeArp(words)));
}

function again(what: () => void, everyMs = EVERY_MS): () => void {
  what();
  const timer = setInterval(what, everyMs);
  return () => clearInterval(timer);
}

/** A station of that hardware address holds the address, and answers the node for it all the time. */
export function holdAddress(view: LabView, victim: string, mac: string): () => void {
  const [targetMac, targetIp] = [view.mac(victim, 'access'), view.address(victim, 'access')];
  return again(() =>
    say(view, targetMac, { operation: 'reply', senderMac: mac, senderIp: view.nlbs, targetMac, targetIp }),
  );
}

/**
 * A switch that answers what is broadcast for the address, by what it remembers of it (RFC 9161): a node's hardware address.
 * What is asked of that node alone it passes on.
 */
export function suppressArp(view: LabView, remembered: string): () => void {
  const [firewall] = view.lab.nodes('firewall');
  if (!firewall) throw new Error(`the topology ${view.lab.plan.topology} has no firewall to listen at`);
  const senderMac = view.mac(remembered, 'access');
  const ring = firewall.inside(() => openRing({ interfaceName: 'access', megabytes: 1 }));
  const answer = (bytes: Uint8Array): void => {
    const { ethernet, network } = decodeFrame(bytes);
    if (ethernet?.destination !== BROADCAST_MAC || network?.kind !== 'arp' || network.operation !== 'request') return;
    if (network.targetIp !== view.nlbs || network.senderMac === senderMac) return;
    const [targetMac, targetIp] = [network.senderMac, network.senderIp];
    say(view, targetMac, { operation: 'reply', senderMac, senderIp: view.nlbs, targetMac, targetIp });
  };
  const stop = again(() => void ring.drain(({ bytes }) => answer(bytes)), 1);
  return () => {
    stop();
    ring.close();
  };
}

/** In a node's name, by a hardware address of its own or by the node's, everybody is asked for the address all the time. */
export function askInNameOf(view: LabView, node: string, senderMac: string): () => void {
  const senderIp = view.address(node, 'access');
  const words = { operation: 'request', senderMac, senderIp, targetMac: ZERO_MAC, targetIp: view.nlbs } as const;
  return again(() => say(view, BROADCAST_MAC, words));
}

/** By both ways the node is told all the time that nobody listens at its peer's heartbeat port. */
export function lieOnAndOn(view: LabView, victim: string): () => void {
  const ways = waysTo(view, victim);
  return again(() => {
    for (const way of ways) lieUnreachable(view, way);
  });
}
