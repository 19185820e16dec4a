import type { OutcomeName } from '../program/layout.ts';

/** Support for tests: frames as they are on the wire, and the expected outcome of each. */

/** Octets written in hexadecimal, with blanks wherever they help to read. */
export const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Hexadecimal pieces of frames, in the order in which they are on the wire. */
export const TO_US = `020000000001 020000000011`;
const TO_OTHERS = `020000000099 020000000011`;
export const TO_ALL = `ffffffffffff 020000000011`;
export const TO_SERVER_SIDE = `020000000002 020000000020`;
export const IP = '0800 4500 0024 1234 4000 3f11 0000 c6336402 cb00710a';
export const UDP = '3039 0035 0010 0000 6f6e65766970 3131';
export const IP_TCP = '0800 4500 0028 1234 4000 3f06 0000 c6336402 cb00710a';
export const TCP = '3039 0050 00000001 00000000 5002 ffff 0000 0000';
/** From a router towards the client, about a packet of the UDP service. */
const IP_ERROR = '0800 4500 0038 0001 0000 3f01 0000 0a000001 cb00710a';
const QUOTE = '4500 05dc 0009 0000 4011 0000 cb00710a c6336402 0035 3039 05c8 0000';
export const ASK = '0806 0001 0800 06 04 0001 020000000011 0a4d0101 000000000000';
const NO_VLAN = '8100 0000 ';
const ANSWER = '0806 0001 0800 06 04 0002 020000000011 0a4d0101 020000000001';
export const NLBS_IP = '0a4d0164';
export const PEER_IP = '0a4d010c';
export const CLUSTER_IP = 'cb00710a';

interface Case {
  what: string;
  frame: string;
  outcome: OutcomeName;
  /** Where it arrives; access if absent. */
  on?: 'server';
  /** No lease is held. */
  unleased?: true;
  /** For XDP only: the kernel makes no socket buffer of this frame in a test run. */
  xdpOnly?: true;
}

export const CASES: Case[] = [
  { what: 'a new flow', frame: `${TO_US} ${IP} ${UDP}`, outcome: 'FORWARDED_NEW' },
  { what: 'the same flow again', frame: `${TO_US} ${IP} ${UDP}`, outcome: 'FORWARDED_ESTABLISHED' },
  { what: 'a new flow of TCP', frame: `${TO_US} ${IP_TCP} ${TCP}`, outcome: 'FORWARDED_NEW' },
  {
    what: 'an established flow without a lease',
    frame: `${TO_US} ${IP} ${UDP}`,
    outcome: 'DROPPED_NO_LEASE',
    unleased: true,
  },
  {
    what: 'a port that is not served',
    frame: `${TO_US} ${IP} 3039 0036 0010 0000 6f6e65766970 3131`,
    outcome: 'DROPPED_NOT_SERVED',
  },
  {
    what: 'a served port of the other protocol',
    frame: `${TO_US} ${IP_TCP} 3039 0035 ${TCP.slice(10)}`,
    outcome: 'DROPPED_NOT_SERVED',
  },
  {
    what: 'ICMP',
    frame: `${TO_US} ${IP.replace('3f11', '3f01')} 0800 0000 0001 0001 6f6e65766970 3131`,
    outcome: 'DROPPED_NOT_SERVED',
  },
  { what: 'a flooded frame', frame: `${TO_OTHERS} ${IP} ${UDP}`, outcome: 'DROPPED_FLOODED' },
  { what: 'a broadcast frame', frame: `${TO_ALL} ${IP} ${UDP}`, outcome: 'DROPPED_FLOODED' },
  { what: 'the server side', frame: `${TO_SERVER_SIDE} ${IP} ${UDP}`, outcome: 'DROPPED_SERVER_SIDE', on: 'server' },
  {
    what: 'the server side, to our access interface',
    frame: `${TO_US} ${IP} ${UDP}`,
    outcome: 'DROPPED_SERVER_SIDE',
    on: 'server',
  },
  { what: 'a VLAN tag', frame: `${TO_US} 8100 0000 ${IP} ${UDP}`, outcome: 'DROPPED_TAGGED' },
  { what: 'two VLAN tags', frame: `${TO_US} 88a8 0005 8100 0006 ${IP} ${UDP}`, outcome: 'DROPPED_TAGGED' },
  { what: 'three tags of VLAN 0', frame: `${TO_US} ${NO_VLAN.repeat(3)} ${IP} ${UDP}`, outcome: 'DROPPED_TAGGED' },
  { what: 'four of them, to all', frame: `${TO_ALL} ${NO_VLAN.repeat(4)} ${IP} ${UDP}`, outcome: 'DROPPED_TAGGED' },
  {
    what: 'three of them, to others',
    frame: `${TO_OTHERS} ${NO_VLAN.repeat(3)} ${IP} ${UDP}`,
    outcome: 'PASSED_NOT_OURS',
  },
  {
    what: 'the beginning of a datagram in fragments',
    frame: `${TO_US} ${IP.replace('4000', '2000')} ${UDP}`,
    outcome: 'FORWARDED_ESTABLISHED',
  },
  { what: 'its end', frame: `${TO_US} ${IP.replace('4000', '0002')} ${UDP}`, outcome: 'FORWARDED_FRAGMENT' },
  {
    what: 'a fragment that comes first',
    frame: `${TO_US} ${IP.replace('1234 4000', '1235 2002')} ${UDP}`,
    outcome: 'FORWARDED_FRAGMENT',
  },
  {
    what: 'the beginning of TCP in fragments, too short for its flags',
    frame: `${TO_US} ${IP_TCP.replace('0028 1234 4000', '0024 1234 2000')} ${TCP}`,
    outcome: 'DROPPED_MALFORMED',
  },
  {
    what: 'a fragment of ICMP',
    frame: `${TO_US} ${IP.replace('4000 3f11', '2000 3f01')} ${UDP}`,
    outcome: 'DROPPED_NOT_SERVED',
  },
  {
    what: 'fragmentation needed',
    frame: `${TO_US} ${IP_ERROR} 0304 0000 00000578 ${QUOTE}`,
    outcome: 'FORWARDED_ICMP',
  },
  { what: 'host unreachable', frame: `${TO_US} ${IP_ERROR} 0301 0000 00000000 ${QUOTE}`, outcome: 'FORWARDED_ICMP' },
  { what: 'time exceeded', frame: `${TO_US} ${IP_ERROR} 0b00 0000 00000000 ${QUOTE}`, outcome: 'FORWARDED_ICMP' },
  { what: 'a parameter problem', frame: `${TO_US} ${IP_ERROR} 0c00 0000 00000000 ${QUOTE}`, outcome: 'FORWARDED_ICMP' },
  { what: 'a redirect', frame: `${TO_US} ${IP_ERROR} 0501 0000 00000000 ${QUOTE}`, outcome: 'DROPPED_NOT_SERVED' },
  {
    what: 'an error about a port that is not served',
    frame: `${TO_US} ${IP_ERROR} 0301 0000 00000000 ${QUOTE.replace('0035 3039', '0036 3039')}`,
    outcome: 'DROPPED_NOT_SERVED',
  },
  {
    what: 'an error about a packet of another sender',
    frame: `${TO_US} ${IP_ERROR} 0301 0000 00000000 ${QUOTE.replace('cb00710a', 'cb00710b')}`,
    outcome: 'DROPPED_NOT_SERVED',
  },
  {
    what: 'an error about a packet that is no TCP or UDP',
    frame: `${TO_US} ${IP_ERROR} 0301 0000 00000000 ${QUOTE.replace('4011', '4001')}`,
    outcome: 'DROPPED_NOT_SERVED',
  },
  {
    what: 'an error about a later fragment',
    frame: `${TO_US} ${IP_ERROR} 0301 0000 00000000 ${QUOTE.replace('0009 0000', '0009 0002')}`,
    outcome: 'DROPPED_NOT_SERVED',
  },
  {
    what: 'an error that quotes too little',
    frame: `${TO_US} ${IP_ERROR.replace('0038', '0037')} 0301 0000 00000000 ${QUOTE}`,
    outcome: 'DROPPED_MALFORMED',
  },
  {
    what: 'an error that quotes a header of four words',
    frame: `${TO_US} ${IP_ERROR} 0301 0000 00000000 ${QUOTE.replace('4500', '4400')}`,
    outcome: 'DROPPED_MALFORMED',
  },
  {
    what: 'an error without a lease',
    frame: `${TO_US} ${IP_ERROR} 0304 0000 00000578 ${QUOTE}`,
    outcome: 'DROPPED_NO_LEASE',
    unleased: true,
  },
  {
    what: 'a fragment without a lease',
    frame: `${TO_US} ${IP.replace('4000', '0002')} ${UDP}`,
    outcome: 'DROPPED_NO_LEASE',
    unleased: true,
  },
  {
    what: 'an IPv4 length beyond the frame',
    frame: `${TO_US} ${IP.replace('0024', '0025')} ${UDP}`,
    outcome: 'DROPPED_MALFORMED',
  },
  {
    what: 'an IPv4 length within the header',
    frame: `${TO_US} ${IP.replace('0024', '0013')} ${UDP}`,
    outcome: 'DROPPED_MALFORMED',
  },
  {
    what: 'a header of four words',
    frame: `${TO_US} ${IP.replace('4500', '4400')} ${UDP}`,
    outcome: 'DROPPED_MALFORMED',
  },
  { what: 'UDP cut off', frame: `${TO_US} ${IP.replace('0024', '001b')} ${UDP}`, outcome: 'DROPPED_MALFORMED' },
  { what: 'TCP cut off', frame: `${TO_US} ${IP_TCP.replace('0028', '0027')} ${TCP}`, outcome: 'DROPPED_MALFORMED' },
  {
    what: 'options before UDP',
    frame: `${TO_US} ${IP.replace('4500 0024', '4600 0024')} 01010101 ${UDP.slice(0, -4)}`,
    outcome: 'FORWARDED_ESTABLISHED',
  },
  {
    what: 'padding after a short packet',
    frame: `${TO_US} ${IP} ${UDP} 000000000000000000`,
    outcome: 'FORWARDED_ESTABLISHED',
  },
  {
    what: 'another address',
    frame: `${TO_US} ${IP.replace('cb00710a', '0a4d010b')} ${UDP}`,
    outcome: 'PASSED_NOT_OURS',
  },
  { what: 'the NLBS address', frame: `${TO_US} ${IP.replace('cb00710a', NLBS_IP)} ${UDP}`, outcome: 'PASSED_NOT_OURS' },
  {
    what: 'another address on the server side',
    frame: `${TO_SERVER_SIDE} ${IP.replace('cb00710a', '0a4d020b')} ${UDP}`,
    outcome: 'PASSED_NOT_OURS',
    on: 'server',
  },
  { what: 'IPv6', frame: `${TO_US} 86dd 6000 0000 0000 3b40 ${'00'.repeat(32)}`, outcome: 'PASSED_NOT_OURS' },
  { what: 'IPv4 cut off', frame: `${TO_US} 0800 4500 0024`, outcome: 'PASSED_NOT_OURS', xdpOnly: true },
  {
    what: 'a version that is not 4',
    frame: `${TO_US} ${IP.replace('4500', '5500')} ${UDP}`,
    outcome: 'PASSED_NOT_OURS',
  },
  { what: 'asking for the NLBS address', frame: `${TO_ALL} ${ASK} ${NLBS_IP}`, outcome: 'PASSED_ARP_NLBS' },
  {
    what: 'asking for the NLBS address, tagged',
    frame: `${TO_ALL} 8100 0000 ${ASK} ${NLBS_IP}`,
    outcome: 'PASSED_ARP_NLBS',
  },
  {
    what: 'asking for the NLBS address, no lease',
    frame: `${TO_ALL} ${ASK} ${NLBS_IP}`,
    outcome: 'DROPPED_ARP_NO_LEASE',
    unleased: true,
  },
  {
    what: 'asking for the NLBS address by unicast, no lease',
    frame: `${TO_US} ${ASK} ${NLBS_IP}`,
    outcome: 'DROPPED_ARP_NO_LEASE',
    unleased: true,
  },
  {
    what: 'asking for the NLBS address on the server side',
    frame: `${TO_ALL} ${ASK} ${NLBS_IP}`,
    outcome: 'DROPPED_ARP_SERVER_SIDE',
    on: 'server',
  },
  { what: 'asking for the cluster address', frame: `${TO_ALL} ${ASK} ${CLUSTER_IP}`, outcome: 'DROPPED_ARP_CLUSTER' },
  {
    what: 'asking for the cluster address on the server side',
    frame: `${TO_ALL} ${ASK} ${CLUSTER_IP}`,
    outcome: 'DROPPED_ARP_SERVER_SIDE',
    on: 'server',
  },
  { what: 'asking for another address', frame: `${TO_ALL} ${ASK} 0a4d010b`, outcome: 'PASSED_ARP' },
  { what: 'an ARP answer', frame: `${TO_US} ${ANSWER} ${NLBS_IP}`, outcome: 'PASSED_ARP', unleased: true },
  { what: 'ARP cut off', frame: `${TO_ALL} ${ASK} cb0071`, outcome: 'PASSED_ARP' },
];
