import type { Claim } from '../claim.ts';
import type { Port } from '../seen.ts';
import type { DeclaredDrops } from './declared-drops.ts';

/** A leg of a node, with what the plan gave it. */
export interface Place extends Port {
  kind: 'client' | 'router' | 'firewall' | 'nlb' | 'server';
  mac: string;
  /** Without prefix length. */
  address: string;
}

/** What an invariant must know of a lab: its plan, as far as frames and address events can be held against it. */
export interface Setting {
  /** The cluster's public addresses. */
  cluster: string[];
  nlbs: string;
  clientSubnets: string[];
  /** Of the segments whose subnets are private (RFC 1918): the legs there. */
  privateLegs: string[];
  places: Place[];
}

/** What must hold from the first frame of a lab to its last, whatever a suite does there. */
export interface Invariant {
  /** By which a suite names it, to say that it breaks it on purpose. */
  name: InvariantName;
  /** The promise, in words. */
  title: string;
  /** Requirements of the catalogue; of one that has aspects, `throughout`. */
  proves: string[];
  /** @param declared what tests have dropped on purpose */
  claim(setting: Setting, declared?: DeclaredDrops): Claim;
}

export type InvariantName =
  | 'one answerer'
  | 'alias off the standby'
  | 'no ARP for the cluster'
  | 'server subnet'
  | 'loopbacks alone'
  | 'public addresses'
  | 'replies bypass'
  | 'forwarded once'
  | 'declared drops'
  | 'scripts in order'
  | 'nothing left';

export const placesOf = ({ places }: Setting, ...kinds: Place['kind'][]): Place[] =>
  places.filter(({ kind }) => kinds.includes(kind));

/** The LANs of some places, each once. */
export const lansOf = (places: readonly Place[]): string[] => [...new Set(places.map(({ lan }) => lan))];

export const nodesOf = (places: readonly Place[]): string[] => [...new Set(places.map(({ node }) => node))];
