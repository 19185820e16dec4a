import { closeSync } from 'node:fs';
import { bootNs, monotonicNs } from '../../kernel/clock.ts';
import { openBatch } from '../../kernel/packet-batch.ts';
import { openPacketPort, sendFrame } from '../../kernel/packet-port.ts';
import { SyscallError } from '../../kernel/syscall-error.ts';
import type { DatapathInterface } from '../attach/interfaces.ts';
import { maxEntries } from '../attach/program.ts';
import type { OutcomeName } from '../program/layout.ts';
import type { Decision } from '../specification/decision.ts';
import { forward } from '../specification/forward.ts';
import { type Configured, type Connection, configuredBy, type ProvenTable } from '../specification/knowledge.ts';
import { applyWrites, type Ledger } from '../specification/ledger.ts';
import type { FlowTable } from '../tables/counters.ts';
import { type LeasePeer, openLease } from '../tables/lease.ts';
import { openSelectionTable, type SelectionTable } from '../tables/selection-table.ts';
import { arpAnswer } from './arp-answer.ts';
import { FILES, openMappedFiles } from './directory.ts';
import { LruMap } from './lru-map.ts';
import { type PublishedFile, readPublished, withSelections } from './published.ts';
import { openReplies } from './replies.ts';
import { openRows, type Rows } from './rows.ts';

/** Runs the specification on packet sockets: frames in, decisions, frames out. */
export interface Forwarding {
  /** Descriptors on which frames arrive. */
  descriptors(): number[];
  /** Forward what waits on that descriptor, one batch at most. Throws SyscallError. */
  forwardBatch(fd: number): void;
  answer(question: string): string;
}

const MACS_BYTES = 12;

/** With the configuration in the directory. Throws SyscallError, and an Error if there is none. */
export function openForwarding(directory: string): Forwarding {
  const { sizes } = readOrThrow(directory);
  const mapped = openMappedFiles(directory, sizes);
  const selections = openSelectionTable(mapped.fd(FILES.selections), sizes.maxServices);
  let { published, configured } = load(directory, selections);
  const [lease, rows] = [openLease(mapped.fd(FILES.lease)), openRows(mapped.fd, sizes)];
  mapped.close();
  const flowTables = tablesOf(sizes, rows, () => published.numbers);
  const batch = openBatch();
  const sockets = new Map<number, { iface: DatapathInterface; fd: number }>();
  useInterfaces(sockets, configured.interfaces);

  const answerArp = (frame: Buffer, iface: DatapathInterface, fd: number): void => {
    const answer = arpAnswer(frame, iface);
    // The lease is read again: a process may be held up anywhere, and must not answer after the lease.
    if (answer && bootNs() < lease.get().answerUntilNs) sendFrame(fd, answer);
  };
  // Read only when a frame needs it, which few do.
  const peer: LeasePeer = {
    get mac() {
      return lease.peer().mac;
    },
    get boot() {
      return lease.peer().boot;
    },
    get allowances() {
      return lease.peer().allowances;
    },
    get daemonLives() {
      return lease.peer().daemonLives;
    },
  };
  const decide = (index: number, { ifindex }: DatapathInterface): Decision => {
    const [frame, segmentBytes] = [batch.frame(index), batch.segmentBytes(index)];
    const [nowNs, boot] = [monotonicNs(), bootNs()];
    const clocks = { nowNs, tickNs: nowNs, bootNs: boot };
    const arrival = { frame, ifindex, ...clocks, ...(segmentBytes !== undefined && { segmentBytes }) };
    const decision = forward(arrival, { configured, lease: lease.get(), peer, flowTables });
    applyWrites(flowTables, decision, {
      peerAsked: () => lease.notePeerAsked(boot),
      fenced: lease.endForwarding,
      allowance: lease.noteAllowance,
    });
    return decision;
  };
  /** Counts the decisions; a frame that did not leave counts for the reason of that. */
  const count = (decisions: readonly Decision[], unsent: ReadonlyMap<number, OutcomeName>): void => {
    for (const [index, decision] of decisions.entries()) {
      const outcome = unsent.get(index);
      rows.count(outcome ? unsentOf(decision, outcome) : decision, published.numbers);
    }
  };
  const leave = (leaving: ReadonlyMap<number, number[]>): Map<number, OutcomeName> => {
    // As with the ARP reply above.
    const isOver = monotonicNs() >= lease.get().forwardUntilNs;
    const lost = [...leaving].flatMap(([egress, indices]) =>
      isOver ? indices : batch.send(sockets.get(egress)?.fd ?? -1, indices),
    );
    return new Map(lost.map((index) => [index, isOver ? 'DROPPED_NO_LEASE' : 'DROPPED_NOT_SENT']));
  };
  const carry = (fd: number): void => {
    const iface = interfaceOf(sockets, fd);
    const leaving = new Map<number, number[]>();
    const received = iface ? batch.receive(fd) : 0;
    const decisions: Decision[] = [];
    for (let index = 0; iface && index < received; index++) {
      const decision = decide(index, iface);
      decisions.push(decision);
      const { outcome, egress, frame } = decision;
      if (outcome === 'PASSED_ARP_NLBS') answerArp(frame, iface, fd);
      if (egress === undefined) continue;
      batch.overwrite(index, frame.subarray(0, MACS_BYTES));
      leaving.set(egress, [...(leaving.get(egress) ?? []), index]);
    }
    count(decisions, leave(leaving));
  };
  const reload = (): void => {
    ({ published, configured } = load(directory, selections));
    useInterfaces(sockets, configured.interfaces);
  };
  return {
    descriptors: () => [...sockets.values()].map(({ fd }) => fd),
    forwardBatch: carry,
    answer: openReplies({
      directory,
      flowTables,
      rows,
      current: () => ({ published, configured }),
      reload,
    }),
  };
}

/** A decision to forward, of a frame that did not leave: nothing was sent to its server. */
const unsentOf = (decision: Decision, outcome: OutcomeName): Decision => ({
  ...decision,
  outcome,
  counts: decision.counts.filter(({ what }) => what !== 'packet'),
});

function readOrThrow(directory: string): PublishedFile {
  const published = readPublished(directory);
  if (!published) throw new Error(`Nothing that this version can read is in ${directory}`);
  return published;
}

/** The slots are a view of the rows: writes of the daemon are seen at once. */
function load(
  directory: string,
  selections: Pick<SelectionTable, 'view'>,
): { published: PublishedFile; configured: Configured } {
  const published = readOrThrow(directory);
  return { published, configured: configuredBy(withSelections(published, selections.view), published.interfaces) };
}

function tablesOf(
  sizes: PublishedFile['sizes'],
  rows: Rows,
  numbers: () => PublishedFile['numbers'],
): Ledger['flowTables'] {
  const most = maxEntries(sizes);
  const proven = (table: ProvenTable): LruMap<Connection> =>
    new LruMap(most[table], (connection) => rows.gone('evicted', table, connection, numbers()));
  const other = <Value>(table: FlowTable): LruMap<Value> => new LruMap(most[table], () => rows.evicted(table));
  return {
    connections: proven('connections'),
    udpFlows: proven('udpFlows'),
    halfOpen: other('halfOpen'),
    affinities: other('affinities'),
    fragments: other('fragments'),
    unprovenFragments: other('unprovenFragments'),
    entering: new Map(),
  };
}

/** A socket for each interface, kept while that is the same; none for one that is gone. Throws SyscallError. */
function useInterfaces(
  sockets: Map<number, { iface: DatapathInterface; fd: number }>,
  interfaces: DatapathInterface[],
): void {
  for (const [ifindex, { fd }] of sockets) {
    if (interfaces.some((iface) => iface.ifindex === ifindex)) continue;
    closeSync(fd);
    sockets.delete(ifindex);
  }
  for (const iface of interfaces) {
    const fd = sockets.get(iface.ifindex)?.fd ?? openUnlessGone(iface);
    if (fd !== undefined) sockets.set(iface.ifindex, { iface, fd });
  }
}

/** An interface that is gone must not end the forwarder and its connections; the daemon soon publishes what exists. */
function openUnlessGone({ ifindex }: DatapathInterface): number | undefined {
  try {
    return openPacketPort(ifindex);
  } catch (error) {
    if (error instanceof SyscallError && ['ENODEV', 'ENXIO'].includes(error.errno)) return undefined;
    throw error;
  }
}

const interfaceOf = (
  sockets: Map<number, { iface: DatapathInterface; fd: number }>,
  fd: number,
): DatapathInterface | undefined => [...sockets.values()].find((socket) => socket.fd === fd)?.iface;
