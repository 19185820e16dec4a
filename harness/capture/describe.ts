import { ZERO_MAC } from './address-text.ts';
import type { Arp } from './arp.ts';
import { ETHER_TYPE, type Ethernet } from './ethernet.ts';
import type { Decoded, Ipv4, Network, Transport } from './frame.ts';
import type { Icmp } from './icmp.ts';
import type { Tcp, TcpFlag } from './tcp.ts';

/** One line on a frame, in the words of `tcpdump -e -nn -t -S`, and at its end what is malformed. */
export function describeFrame(decoded: Decoded): string {
  const complaint = decoded.malformed === undefined ? '' : ` [malformed: ${decoded.malformed}]`;
  if (!decoded.ethernet) return `frame of ${decoded.length} bytes${complaint}`;
  return `${linkText(decoded.ethernet, decoded.length)}${networkText(decoded.network)}${complaint}`;
}

const TYPE_NAMES: Record<number, string> = {
  [ETHER_TYPE.ipv4]: 'IPv4',
  [ETHER_TYPE.arp]: 'ARP',
  [ETHER_TYPE.ipv6]: 'IPv6',
  [ETHER_TYPE.vlan]: '802.1Q',
  [ETHER_TYPE.serviceVlan]: '802.1Q-QinQ',
};

function typeText(type: number): string {
  if (type < 0x0600) return '802.3';
  return `ethertype ${TYPE_NAMES[type] ?? 'Unknown'} (0x${type.toString(16).padStart(4, '0')})`;
}

function linkText(ethernet: Ethernet, length: number): string {
  const ends = `${ethernet.source} > ${ethernet.destination}`;
  const types = [...ethernet.vlans.map((tag) => tag.tpid), ethernet.etherType].map(typeText);
  const [first, ...inner] = types;
  const tags = ethernet.vlans.map(({ id, priority, dropEligible }, index) => {
    return `vlan ${id}, p ${priority}, ${dropEligible ? 'DEI, ' : ''}${inner[index]}, `;
  });
  return `${ends}, ${first}, length ${length}: ${tags.join('')}`;
}

function networkText(network: Network | undefined): string {
  switch (network?.kind) {
    case undefined:
      return '';
    case 'arp':
      return arpText(network);
    case 'ipv4':
      return ipv4Text(network);
    case 'llc':
      return `LLC, dsap 0x${network.destinationServiceAccessPoint.toString(16).padStart(2, '0')}`;
    case 'other':
      return 'not decoded';
  }
}

function arpText(arp: Arp): string {
  if (arp.operation === 'reply') return `Reply ${arp.senderIp} is-at ${arp.senderMac}, length 28`;
  const known = arp.targetMac === ZERO_MAC ? '' : ` (${arp.targetMac})`;
  const verb = arp.operation === 'request' ? 'Request' : `operation ${arp.operation}`;
  return `${verb} who-has ${arp.targetIp}${known} tell ${arp.senderIp}, length 28`;
}

function ipv4Text(packet: Ipv4): string {
  const { source, destination, transport, payload } = packet;
  if (!transport) return `${source} > ${destination}: ip-proto-${packet.protocol}${fragmentText(packet)}`;
  const ported = transport.kind === 'tcp' || transport.kind === 'udp';
  const from = ported ? `${source}.${transport.sourcePort}` : source;
  const to = ported ? `${destination}.${transport.destinationPort}` : destination;
  const what = transportText(transport, packet.protocol, payload.length);
  return `${from} > ${to}: ${what}${fragmentText(packet)}`;
}

function fragmentText(packet: Ipv4): string {
  if (packet.fragmentOffset === 0 && !packet.moreFragments) return '';
  return `, fragment of ${packet.identification} at ${packet.fragmentOffset}${packet.moreFragments ? '+' : ''}`;
}

function transportText(transport: Transport, protocol: number, bytes: number): string {
  switch (transport.kind) {
    case 'tcp':
      return tcpText(transport);
    case 'udp':
      return `UDP, length ${transport.length - 8}`;
    case 'icmp':
      return `ICMP ${icmpText(transport)}, length ${bytes}`;
    case 'vrrp': {
      const interval = transport.version === 2 ? `${transport.intervalMs / 1000}s` : `${transport.intervalMs / 10}cs`;
      const router = `vrid ${transport.virtualRouterId}, prio ${transport.priority}, intvl ${interval}`;
      return `VRRPv${transport.version}, Advertisement, ${router}, length ${bytes}`;
    }
    case 'other':
      return `ip-proto-${protocol} ${bytes}`;
  }
}

const FLAG_LETTERS: Record<TcpFlag, string> = {
  fin: 'F',
  syn: 'S',
  rst: 'R',
  psh: 'P',
  ack: '.',
  urg: 'U',
  ece: 'E',
  cwr: 'W',
};

function tcpText(tcp: Tcp): string {
  const { flags, sequence, payload } = tcp;
  const has = (flag: TcpFlag) => flags.includes(flag);
  const letters = flags.map((flag) => FLAG_LETTERS[flag]).join('') || 'none';
  const range = payload.length > 0 ? `:${(sequence + payload.length) % 2 ** 32}` : '';
  const parts = [`Flags [${letters}]`];
  if (payload.length > 0 || has('syn') || has('fin') || has('rst')) parts.push(`seq ${sequence}${range}`);
  if (has('ack')) parts.push(`ack ${tcp.acknowledgement}`);
  parts.push(`win ${tcp.window}`);
  if (has('urg')) parts.push(`urg ${tcp.urgent}`);
  return [...parts, `length ${payload.length}`].join(', ');
}

const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;

function icmpText(icmp: Icmp): string {
  const { type, code, rest, quoted } = icmp;
  if (type === 8 || type === 0) {
    return `echo ${type === 8 ? 'request' : 'reply'}, id ${rest >>> 16}, seq ${rest & 0xffff}`;
  }
  if (type === UNREACHABLE && quoted) return unreachableText(code, quoted.destination, icmp);
  if (type === 11) return code === 0 ? 'time exceeded in-transit' : 'ip reassembly time exceeded';
  return `type ${type} code ${code}`;
}

function unreachableText(code: number, destination: string, icmp: Icmp): string {
  if (code === 0) return `net ${destination} unreachable`;
  if (code === 1) return `host ${destination} unreachable`;
  if (code === FRAGMENTATION_NEEDED) return `${destination} unreachable - need to frag (mtu ${icmp.rest & 0xffff})`;
  return `${destination} unreachable, code ${code}`;
}
