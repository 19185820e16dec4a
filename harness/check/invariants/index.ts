import { clusterArp } from './cluster-arp.ts';
import { declaredDrops } from './declared-drops.ts';
import { forwardedOnceOnly } from './forwarded-once.ts';
import type { Invariant, Setting } from './invariant.ts';
import { loopbacks } from './loopbacks.ts';
import { nothingLeft } from './nothing-left.ts';
import { oneAnswerer } from './one-answerer.ts';
import { publicAddresses } from './public-addresses.ts';
import { repliesBypassing } from './replies-bypass.ts';
import { scripts } from './scripts.ts';
import { serverSubnet } from './server-subnet.ts';
import { standbyAlias } from './standby-alias.ts';

/** What must hold in every suite, from the first frame of its lab to the last. */
const INVARIANTS: Invariant[] = [
  oneAnswerer,
  standbyAlias,
  clusterArp,
  serverSubnet,
  loopbacks,
  publicAddresses,
  repliesBypassing,
  forwardedOnceOnly,
  declaredDrops,
  scripts,
  nothingLeft,
];

/** What is said of cluster addresses on the private side, where the topology has such a side: the prior art has not. */
const OF_THE_INVENTION: Invariant[] = [clusterArp, serverSubnet, loopbacks, publicAddresses];

/** The invariants that are meant of a lab: all of them, unless its NLBS address is itself a cluster address (the prior art). */
export const invariantsOf = ({ cluster, nlbs }: Setting): Invariant[] =>
  cluster.includes(nlbs) ? INVARIANTS.filter((one) => !OF_THE_INVENTION.includes(one)) : INVARIANTS;
