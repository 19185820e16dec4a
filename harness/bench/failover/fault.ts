import type { Lab } from '../../lab/lab.ts';
import type { LabNode } from '../../node/node.ts';
import type { Capability } from '../../system/capability.ts';
import type { Load } from '../../traffic/client-handle.ts';
import type { Bound } from './bound.ts';
import type { Rig } from './rig.ts';

/** A trial before it begins. */
export interface Setting {
  rig: Rig;
  /** From 0, in the order of trials. */
  number: number;
  active: LabNode;
  standby: LabNode;
}

/** A trial as its fault sees it. */
export interface RunningTrial extends Setting {
  /** The datagrams that run while the fault is injected. */
  load: Load;
  /** When the fault was injected, on the history's clock. */
  injectedNs: number;
}

/** Something that is done to the pair, and what is then to be so. */
export interface Fault {
  name: string;
  /** In the table. */
  label: string;
  bound: Bound;
  /** Whether nothing is forwarded from the fault on, so that the outage begins with it. */
  endsForwarding?: true;
  /** Whether connections run beside the datagrams. */
  flows: boolean;
  /** What it needs of the system. */
  needs?: Capability[];
  /** Why this machine cannot do it, if it cannot. */
  missing?(): string | undefined;
  /** When the nodes are there and nothing runs on them yet. */
  prepareLab?(lab: Lab): void;
  /** Gives what injects it, so that what takes time is done before the probes begin. */
  prepare(setting: Setting): Promise<() => unknown>;
  /** What belongs to the fault and is still measured: that the other one takes over, that the one that was hit wakes. */
  awaitEffect(running: RunningTrial): Promise<void>;
  /** Makes the pair whole. Gives why the fault proves nothing, where it took no effect. */
  repair(running: RunningTrial): Promise<string | undefined>;
}
