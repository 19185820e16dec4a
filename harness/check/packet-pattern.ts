import type { TcpFlag } from '../capture/tcp.ts';
import { flawOf } from './flawed.ts';
import { isFor, type Meant, type Service } from './forwarding.ts';
import type { PacketSeen } from './seen.ts';

/** Which packets are meant: those that fit everything that is given. Plain data, so that a claim can be stored. */
export interface PacketPattern {
  source?: string;
  destination?: string;
  /** For one of these. */
  services?: Service[];
  /** With a whole header of it. */
  transport?: 'tcp' | 'udp';
  /** Of TCP: these and no others. */
  flags?: TcpFlag[];
  /** A part of a UDP datagram, whichever (RFC 791 section 3.2). */
  fragment?: true;
  /** An ICMP error for this address, about a packet that was sent from it. */
  errorAbout?: string;
  /** The whole packet is so long, from its IP header on. */
  bytes?: number;
  /** With IPv4 options. */
  hasOptions?: true;
  /** Nothing is wrong with it that a load balancer must see; see `flawOf`. */
  sound?: true;
}

const UDP = 17;

/** The predicate that a pattern stands for. */
export const fitting =
  (pattern: PacketPattern): Meant =>
  (seen) => {
    const { source, destination, services, transport, flags, fragment, errorAbout, bytes, hasOptions, sound } = pattern;
    const { packet } = seen;
    return (
      isSame(source, packet.source) &&
      isSame(destination, packet.destination) &&
      isSame(bytes, packet.bytes.length) &&
      isSame(transport, packet.transport?.kind) &&
      isSame(flags?.join(), flagsText(packet)) &&
      (!services || isFor(services)(seen)) &&
      (!fragment || isFragment(packet)) &&
      (errorAbout === undefined || isErrorAbout(packet, errorAbout)) &&
      (!hasOptions || packet.options.length > 0) &&
      (!sound || flawOf(seen.event) === undefined)
    );
  };

const isSame = <T extends string | number>(wanted: T | undefined, found: T | undefined): boolean =>
  wanted === undefined || found === wanted;

type Packet = PacketSeen['packet'];

const flagsText = ({ transport }: Packet): string | undefined =>
  transport?.kind === 'tcp' ? transport.flags.join() : undefined;

const isFragment = ({ protocol, moreFragments, fragmentOffset }: Packet): boolean =>
  protocol === UDP && (moreFragments || fragmentOffset > 0);

const isErrorAbout = ({ destination, transport }: Packet, address: string): boolean =>
  destination === address && transport?.kind === 'icmp' && transport.quoted?.source === address;

/** Fragments of UDP datagrams to an address. */
export const fragmentsFor = (address: string): PacketPattern => ({ destination: address, fragment: true });
