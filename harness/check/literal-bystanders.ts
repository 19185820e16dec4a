import { ETHER_TYPE, untaggedEtherType } from '../capture/ethernet.ts';
import type { FrameSeen, HistoryEvent } from '../history/event.ts';

/**
 * What has nothing to do with the matter at hand, made of the history itself: beside each event another that is like it but for one
 * thing. No verdict may change by that, nor its words, but for those of the checkers to which just this thing matters.
 */
export interface Bystander {
  what: string;
  beside(event: HistoryEvent): HistoryEvent[];
  /** Names of checkers. */
  mattersTo: readonly string[];
}

/** They judge, or count, every frame of a port. */
const EVERY_FRAME = ['flawedGoNoFurther', 'noArpFor', 'noOtherPublicAddress', 'noRoutingProtocol', 'nothingAbout'];
/** To them a node has an address, by whichever device. */
const WHICHEVER_DEVICE = [
  'aliasNeverOn',
  'aliasOffTheStandby',
  'aliasOnlyOnLoopback',
  'aliasPlaced',
  'heldAtLeast',
  'neverTwoHolders',
  'onLoopbacksAlone',
  'oneAnswererAtATime',
  'settled',
];
/** They compare what a port was handed with what it sent. */
const EITHER_WAY = [
  'beatsSignedWith',
  'costLogged',
  'datagramsStopped',
  'defended',
  'droppedPort',
  'forwardedOnce',
  'lapseLogged',
  'neighbourReplaced',
  'neverSendsFor',
  'repliesBypass',
  'silentWhileLeft',
  'standbySilent',
];
/** A beat is one by its port, and by who sent it, whatever the addresses; a packet is flawed whoever it is for. */
const WHICHEVER_ADDRESSES = [
  'advertsWellFormed',
  'asksOnlyInSilence',
  'beatsSignedWith',
  'countedByReason',
  'datagramsFrom',
  'datagramsStopped',
  'paused',
  'waitsOutDeadTime',
];

export const BYSTANDERS: readonly Bystander[] = [
  {
    what: 'the same on another LAN, by another node',
    beside: (event) => {
      if (event.kind === 'frame') return [{ ...event, lan: 'elsewhere', node: 'bystander' }];
      if (event.kind === 'watched') return [{ ...event, where: 'elsewhere', missed: 7 }];
      return isOfNode(event) ? [{ ...event, node: 'bystander' }] : [];
    },
    mattersTo: ['aliasOnlyOnLoopback', 'onLoopbacksAlone'],
  },
  {
    what: 'the same by another leg',
    beside: frames((event) => ({ ...event, lan: 'elsewhere', leg: 'elsewhere' })),
    mattersTo: ['flawedGoNoFurther', 'paused', 'waitsOutDeadTime'],
  },
  {
    what: 'the same the other way',
    beside: frames((event) => ({ ...event, direction: event.direction === 'sent' ? 'received' : 'sent' })),
    mattersTo: EITHER_WAY,
  },
  { what: 'frames cut in the Ethernet header', beside: frames((event) => cut(event, 10)), mattersTo: EVERY_FRAME },
  { what: 'frames cut in the packet', beside: frames((event) => cut(event, 20)), mattersTo: EVERY_FRAME },
  {
    what: 'frames of IPv6',
    beside: frames((event) => (event.bytes.length < 14 ? undefined : written(event, [12], [0x86, 0xdd]))),
    mattersTo: EVERY_FRAME.filter((checker) => checker !== 'flawedGoNoFurther'),
  },
  {
    what: 'ARP about another address',
    beside: frames((event) => between(event, ETHER_TYPE.arp, [28, 38])),
    mattersTo: ['neverSendsFor', 'noArpFor', 'nothingAbout', 'repliesWellFormed'],
  },
  {
    what: 'packets between others',
    beside: frames((event) => between(event, ETHER_TYPE.ipv4, [26, 30])),
    mattersTo: [...WHICHEVER_ADDRESSES, ...EVERY_FRAME],
  },
  {
    what: 'the same by another device',
    beside: (event) => (isOfDevice(event) ? [{ ...event, device: 'elsewhere' }] : []),
    mattersTo: WHICHEVER_DEVICE,
  },
  {
    what: 'the same of another address',
    beside: (event) => (isOfDevice(event) ? [{ ...event, address: '192.0.2.77/32' }] : []),
    mattersTo: ['addressesUntouched'],
  },
  {
    what: 'something else that is done',
    beside: (event) => (event.kind === 'act' ? [{ ...event, what: `not to ${event.what}`, detail: 'else' }] : []),
    mattersTo: [],
  },
  {
    what: 'something else that is counted',
    beside: (event) => (event.kind === 'counted' ? [{ ...event, what: 'something else', counts: { else: 1e6 } }] : []),
    mattersTo: [],
  },
  {
    what: 'the same in another reading of the log',
    beside: (event) => (event.kind === 'logged' ? [{ ...event, reading: 'another' }] : []),
    mattersTo: [],
  },
  {
    what: 'lines that say nothing, and others that are cut',
    beside: (event) => (event.kind === 'logged' ? ['{}', '{'].map((text) => ({ ...event, text })) : []),
    mattersTo: ['logIsWhole'],
  },
  {
    what: 'requests that another served',
    beside: (event) => (event.kind === 'served' ? [{ ...event, node: 'bystander' }] : []),
    mattersTo: ['acceptedByOne'],
  },
];

function frames(change: (event: FrameSeen) => FrameSeen | undefined): Bystander['beside'] {
  return (event) => (event.kind === 'frame' ? [change(event) ?? []].flat() : []);
}

const isOfNode = (event: HistoryEvent) =>
  event.kind === 'address' ||
  event.kind === 'neighbour' ||
  event.kind === 'script' ||
  event.kind === 'logged' ||
  event.kind === 'counted';

const isOfDevice = (event: HistoryEvent) => event.kind === 'address' || event.kind === 'neighbour';

const cut = (event: FrameSeen, length: number): FrameSeen => ({ ...event, bytes: event.bytes.slice(0, length) });

function written(event: FrameSeen, places: readonly number[], octets: readonly number[]): FrameSeen {
  const bytes = event.bytes.slice();
  for (const place of places) bytes.set(octets, place);
  return { ...event, bytes };
}

/** 192.0.2.77 (RFC 5737) for the two addresses, whose places in the frame are given. */
function between(event: FrameSeen, etherType: number, places: readonly number[]): FrameSeen | undefined {
  return untaggedEtherType(event.bytes) === etherType ? written(event, places, [192, 0, 2, 77]) : undefined;
}
