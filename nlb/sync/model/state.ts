import type { FlowName, FromActive, FromStandby } from '../records.ts';
import { entryOf } from './data-path.ts';
import type { Laws } from './laws.ts';
import type { Around, Node } from './node.ts';
import type { Machine } from './surroundings.ts';
import { FLOWS, type Truth } from './truth.ts';

/** Two nodes, what is under way between them, clients and servers. One step at a time, in whatever order the history says. */
export interface World {
  nodes: readonly [Node, Node];
  truth: Truth;
  laws: Laws;
  /** Datagrams that may still arrive, in any order, once or more, or never. */
  network: (FromActive | FromStandby)[];
  nowMs: number;
  /** Which of the two leads, or led last, or is about to. */
  leader: 0 | 1;
  machine: Machine;
  around: Around;
  /** Flows that the leader has had a packet of: a firewall that has learnt the new address does not go back to the old one. */
  moved: Set<FlowName>;
  /** Since the last leader's daemon has ended: whether the other was in step. */
  wasInStep: boolean;
}

/** All of it but who watches it. */
export type Scene = Omit<World, 'laws' | 'around'>;

export const leaderOf = ({ nodes, leader }: Pick<World, 'nodes' | 'leader'>): Node => nodes[leader];
export const otherOf = ({ nodes, leader }: Pick<World, 'nodes' | 'leader'>): Node => nodes[leader === 0 ? 1 : 0];

/** Entries that count, of the leader's data path. */
export function entriesOf(world: Scene): { flow: string; server: string }[] {
  const { path } = leaderOf(world);
  return FLOWS.flatMap((flow) => {
    const entry = entryOf(path, flow, world.nowMs);
    return entry ? [{ flow, server: entry.server }] : [];
  });
}
