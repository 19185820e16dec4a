import type { MessagePort } from 'node:worker_threads';
import type { AddressChange } from '../../address/address-change.ts';
import type { AccessLeg } from '../../address/nlbs-address.ts';
import type { StationLeg } from '../../address/stations.ts';
import type { Digest } from '../../config/agreement.ts';
import type { Grant } from '../../kernel/scheduling.ts';
import type { Fitness, StateName } from '../../pair/beat.ts';
import type { Conflict } from '../../pair/defence.ts';
import type { Settings } from '../../pair/settings.ts';
import type { Facts } from '../../pair/state.ts';
import type { Change } from './evidence.ts';
import type { PathChange } from './path-watch.ts';
import type { WitnessChange } from './witness-path.ts';

/** What the main thread and the beat thread say to each other. */

/** All that the beat thread is given at its start. */
export interface BeatOrders {
  settings: Settings;
  forwardGraceMs: number;
  /** What beats are signed and verified with; none where the pair goes without. */
  secrets: readonly Uint8Array[];
  port: number;
  access: AccessLeg;
  serverDevice: string;
  /** Further interfaces of both kinds. */
  furtherDevices: readonly string[];
  /** Where an earlier life may have left its data path, and the lease with it. */
  pinDirectory: string;
  /** The two ways to the peer. */
  paths: PathOrders[];
  /** Of what both nodes must be configured alike in. */
  digest: Digest;
  /** Stopped by a signal, leave lead and data path for a successor for so long; absent: leave nothing. */
  keepMs?: number;
  /** Whom else to ask, to know whether this node hears anybody. */
  stations: StationLeg[];
  /** To the sync thread, where there is one: `in-step/beat-messages.ts`. */
  syncPort?: MessagePort;
}

export interface PathOrders {
  name: 'access' | 'server';
  own: string;
  peer: string;
}

/** What the main thread finds out, by and by; links and the alias are looked at by the beat thread itself. */
export interface SlowFacts
  extends Omit<Facts, 'downLinks' | 'stations' | 'unguarded' | 'absent' | 'refusedAlias' | 'sync'> {
  /** Numbers of the interfaces that the data path is attached to, by device. */
  attached: Readonly<Record<string, number>>;
  /** Servers of which the kernel does not know where they are. */
  unresolved: readonly string[];
}

/** What of the orders may change while the thread runs. */
export type ChangeableOrders = Pick<BeatOrders, 'settings' | 'secrets' | 'stations' | 'digest'>;

export type ToBeat =
  /** The lease page of the data path, once that is in place. */
  | { type: 'lease'; fd: number }
  /** With each pass; `atMs` on CLOCK_BOOTTIME. */
  | { type: 'facts'; facts: SlowFacts; atMs: number }
  | { type: 'orders'; orders: ChangeableOrders }
  /** `force`: even if connections are lost. */
  | { type: 'ask'; id: number; what: 'status' | 'lead' | 'standBy' | 'stop'; force?: true }
  /** Stop; but where nobody else could lead, leave address and lease as they are for so long. */
  | { type: 'leave'; id: number; keepMs: number };

export type FromBeat =
  | { type: 'entered'; change: Change }
  | { type: 'path'; change: PathChange }
  /** In peacetime the peer's host answers no question for the NLBS address, though beats say that it leads; or does so again. */
  | { type: 'witness'; change: WitnessChange }
  | { type: 'problem'; text: string }
  /** Sections in which the two nodes are configured differently; reported when that changes. */
  | { type: 'differs'; sections: readonly string[] }
  /** Somebody else claims the address that this node leads with; reported when it begins, and when it is over. */
  | { type: 'conflict'; conflict: Conflict }
  /** What somebody else did to the NLBS address was undone. */
  | { type: 'corrected'; change: AddressChange }
  | { type: 'answer'; id: number; whyNotGranted?: string; status: BeatStatus; kept?: true };

export interface BeatStatus {
  state: StateName;
  sinceMs: number;
  reason: string;
  /** On the same clock as `sinceMs`. */
  nowMs: number;
  fitness: Fitness;
  peer: PeerStatus;
  lease: { answerRemainingMs: number; forwardRemainingMs: number };
  /** The latest ones, on the same clock as `sinceMs`. */
  conflicts: readonly Conflict[];
  realTime: Grant;
  /** How late the latest tick since the start was. */
  worstLateMs: number;
  downLinks: readonly string[];
  /** Interfaces without the data path: those that are there, and further ones that are not. */
  unguarded: readonly string[];
  absent: readonly string[];
  /** Addresses that belong on this node, and that its kernel refuses to have there. */
  refusedAddresses: readonly string[];
  recovery: {
    strategy: Settings['recovery'];
    /** For how long this node, which leads, makes way only for need. */
    heldDownMs: number;
    /** How often it took the lead of late, by which the next hold-down grows. */
    leads: number;
    /** It does not have the lead back by itself. */
    setAside: boolean;
  };
  /** Null where there is no sync thread. */
  sync: SyncStatus | null;
}

export interface SyncStatus {
  takesPart: boolean;
  /** Of this node's lead; 0 where it does not lead. */
  reign: number;
  /** Of the lead of a peer that takes part; 0 where it does not lead. */
  peerReign: number;
  /** This node leads, and its standby is in step. */
  isPeerInStep: boolean;
  /** The peer leads, and says that this node is in step. */
  saysInStep: boolean;
  /** This node is about to let go, and completes its log. */
  isCompleting: boolean;
  /** Why it did not let go when it last was about to. */
  whyKept: string | null;
}

export interface PeerStatus {
  name: string;
  /** Absent when it was never heard. */
  state?: StateName;
  fitness?: Fitness;
  alive: boolean;
  silentMs: number;
  beatsHeard: number;
  beatsMissed: number;
  /** Datagrams that were not beats of the peer, by reason. */
  refused: Record<string, number>;
  /** Milliseconds since a beat came by each path; null when none ever did. */
  paths: Record<string, number | null>;
  /** Paths by which no beat comes though the peer lives, and for how long that has been known. */
  faultyPaths: { path: string; forMs: number }[];
  /** Sections in which it is configured differently, though both must agree; null while it has not said. */
  differs: readonly string[] | null;
  /** How long ago the beat was sent that it heard last, by path; null where it has heard none, or does not say. */
  hears: Record<string, number | null>;
  /** The last hardware address that answered for the NLBS address. */
  addressAnsweredBy?: string;
  /** Whose answers for the NLBS address are believed, how that is known, and since when it has not answered in peacetime. */
  witness: { mac: string | null; knownBy: 'beat' | 'arp' | null; silentForMs: number | null };
}
