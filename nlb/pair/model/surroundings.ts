import type { Standing } from '../beat.ts';
import type { BadlyServed, Extension } from '../extension.ts';
import type { whyNotRenewable } from '../renewal.ts';
import type { begin, nextTickInMs, step } from '../role.ts';
import type { Settings } from '../settings.ts';
import type { Entry } from '../state.ts';
import type { AccessAddresses, ArpSeen, hearArp, Witness } from '../witness.ts';
import type { Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';
import type { Daemon } from './daemon.ts';
import type { Host, LeaseClock } from './host.ts';
import type { Mail } from './news.ts';
import type { SyncEffect } from './sync.ts';

/** The role machine, or one that was broken to see the model go red. */
export interface Machine {
  begin: typeof begin;
  step: typeof step;
  nextTickInMs: typeof nextTickInMs;
  whyNotRenewable: typeof whyNotRenewable;
  /** By which clock the data path judges the lease, and the daemon. */
  leaseClock: LeaseClock;
  hearArp: typeof hearArp;
  /** How a beat names a lease that one life leaves to the next; 0 where there is none. */
  nameLease(said: Standing, keptMs: number): { said: Standing; extension: Extension };
}

/** What comes to the ARP sockets, or to the data path alone: the peer's question to everybody. */
export type Overheard = ArpSeen | 'asked' | 'another station';

/** What a daemon is connected to. */
export interface Surroundings {
  agenda: Agenda;
  chance: Chance;
  host: Host;
  machine: Machine;
  settings: Settings;
  /** How many daemons ran on this host before, and this one. */
  life: number;
  healthyServers(): number;
  /** How many other stations it can ask. */
  stations: number;
  services(): BadlyServed;
  refusedAlias(): string[];
  downLinks(): string[];
  /** Interfaces that are there without the data path, and further ones that are not there. */
  unguarded(): string[];
  absent(): string[];
  /** Which reach targets answer now. */
  targets(): Record<string, boolean>;
  beat(mail: Mail): void;
  addresses: AccessAddresses;
  askAddress(witness: Witness): void;
  askPeer(): void;
  askStations(): void;
  /** The sync thread of this node. */
  sync: { takesPart: boolean; run(effect: SyncEffect): void; reign(): number };
  announce(): void;
  fence(): void;
  entered(entry: Entry): void;
  /** The data path's lease is about to be set, or the daemon has just stopped listening, or is about to go on. */
  beforeLeaseChange(): void;
  /** The data path's lease was just set, or the alias. */
  afterLeaseChange(): void;
  /** All effects of a step were run. */
  stepped(daemon: Daemon): void;
}
