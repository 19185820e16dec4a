import { closeSync } from 'node:fs';
import { bootNs, monotonicNs } from '../../kernel/clock.ts';
import { openBatch } from '../../kernel/packet-batch.ts';
import { openPacketPort, sendFrame } from '../../kernel/packet-port.ts';
import { SyscallError } from '../../kernel/syscall-error.ts';
import type { Port } from '../attach/ports.ts';
import { mostOf } from '../attach/program.ts';
import type { OutcomeName } from '../program/layout.ts';
import type { Decision } from '../specification/decision.ts';
import { forward } from '../specification/forward.ts';
import { type Connection, type PeerKnown, type ProvenTable, type Told, toldBy } from '../specification/knowledge.ts';
import { type Ledger, writeDown } from '../specification/ledger.ts';
import type { FlowTable } from '../tables/counters.ts';
import { openLease } from '../tables/lease.ts';
import { openSelectionTable, type SelectionTable } from '../tables/selection-table.ts';
import { arpAnswer } from './arp-answer.ts';
import { isOpen } from './heartbeat-socket.ts';
import { FILES, openMapped } from './place.ts';
import { RecentMap } from './recent-map.ts';
import { openReplies } from './replies.ts';
import { openRows, type Rows } from './rows.ts';
import { read, selected, type Written } from './told.ts';

/** The specification at work: frames of the ports in, and out. */
export interface Forwarding {
  /** Descriptors on which frames come in. */
  ports(): number[];
  /** Deal with what waits on the port of that descriptor, one batch of it at most. Throws SyscallError. */
  carry(fd: number): void;
  answer(question: string): string;
}

const MACS_BYTES = 12;

/** By what is written in the place. Throws SyscallError, and an Error where nothing is written there. */
export function openForwarding(place: string): Forwarding {
  const { sizes } = readable(place);
  const mapped = openMapped(place, sizes);
  const selections = openSelectionTable(mapped.fd(FILES.selections), sizes.maxServices);
  let { said, told } = taken(place, selections);
  const [lease, rows] = [openLease(mapped.fd(FILES.lease)), openRows(mapped.fd, sizes)];
  mapped.close();
  const kept = tablesOf(sizes, rows, () => said.numbers);
  const batch = openBatch();
  const sockets = new Map<number, { port: Port; fd: number }>();
  usePorts(sockets, told.ports);

  const answerArp = (frame: Buffer, port: Port, fd: number): void => {
    const answer = arpAnswer(frame, port);
    // Looked at once more: a process may be held up anywhere, and who is held up here must not answer afterwards.
    if (answer && bootNs() < lease.get().answerUntilNs) sendFrame(fd, answer);
  };
  // Looked at where a frame asks for it, which few do.
  const peer: PeerKnown = {
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
      return isOpen(told.heartbeat);
    },
  };
  const decide = (index: number, { ifindex }: Port): Decision => {
    const [frame, segmentBytes] = [batch.frame(index), batch.segmentBytes(index)];
    const [nowNs, boot] = [monotonicNs(), bootNs()];
    const clocks = { nowNs, tickNs: nowNs, bootNs: boot };
    const arrival = { frame, ifindex, ...clocks, ...(segmentBytes !== undefined && { segmentBytes }) };
    const decision = forward(arrival, { told, lease: lease.get(), peer, kept });
    writeDown(kept, decision, {
      peerAsked: () => lease.notePeerAsked(boot),
      fenced: lease.endForwarding,
      allowance: lease.noteAllowance,
    });
    return decision;
  };
  /** Counts what was decided, and of what did not leave, why. */
  const count = (decisions: readonly Decision[], unsent: ReadonlyMap<number, OutcomeName>): void => {
    for (const [index, decision] of decisions.entries()) {
      const outcome = unsent.get(index);
      rows.count(outcome ? unsentOf(decision, outcome) : decision, said.numbers);
    }
  };
  const leave = (leaving: ReadonlyMap<number, number[]>): Map<number, OutcomeName> => {
    // As with the answer above.
    const isOver = monotonicNs() >= lease.get().forwardUntilNs;
    const lost = [...leaving].flatMap(([egress, indices]) =>
      isOver ? indices : batch.send(sockets.get(egress)?.fd ?? -1, indices),
    );
    return new Map(lost.map((index) => [index, isOver ? 'DROPPED_NO_LEASE' : 'DROPPED_NOT_SENT']));
  };
  const carry = (fd: number): void => {
    const port = portOf(sockets, fd);
    const leaving = new Map<number, number[]>();
    const received = port ? batch.receive(fd) : 0;
    const decisions: Decision[] = [];
    for (let index = 0; port && index < received; index++) {
      const decision = decide(index, port);
      decisions.push(decision);
      const { outcome, egress, frame } = decision;
      if (outcome === 'PASSED_ARP_NLBS') answerArp(frame, port, fd);
      if (egress === undefined) continue;
      batch.overwrite(index, frame.subarray(0, MACS_BYTES));
      leaving.set(egress, [...(leaving.get(egress) ?? []), index]);
    }
    count(decisions, leave(leaving));
  };
  const take = (): void => {
    ({ said, told } = taken(place, selections));
    usePorts(sockets, told.ports);
  };
  return {
    ports: () => [...sockets.values()].map(({ fd }) => fd),
    carry,
    answer: openReplies({ place, kept, rows, situation: () => ({ said, told }), take }),
  };
}

/** A decision to forward, of a frame that did not leave: nothing was sent to its server. */
const unsentOf = (decision: Decision, outcome: OutcomeName): Decision => ({
  ...decision,
  outcome,
  counts: decision.counts.filter(({ what }) => what !== 'packet'),
});

function readable(place: string): Written {
  const said = read(place);
  if (!said) throw new Error(`Nothing that this version can read is in ${place}`);
  return said;
}

/** Slots are seen as they are written. */
function taken(place: string, selections: Pick<SelectionTable, 'view'>): { said: Written; told: Told } {
  const said = readable(place);
  return { said, told: toldBy(selected(said, selections.view), said.ports) };
}

function tablesOf(sizes: Written['sizes'], rows: Rows, numbers: () => Written['numbers']): Ledger['kept'] {
  const most = mostOf(sizes);
  const proven = (table: ProvenTable): RecentMap<Connection> =>
    new RecentMap(most[table], (connection) => rows.gone('evicted', table, connection, numbers()));
  const other = <Value>(table: FlowTable): RecentMap<Value> => new RecentMap(most[table], () => rows.evicted(table));
  return {
    connections: proven('connections'),
    udpFlows: proven('udpFlows'),
    embryos: other('embryos'),
    affinities: other('affinities'),
    fragments: other('fragments'),
    unprovenFragments: other('unprovenFragments'),
    entering: new Map(),
  };
}

/** A socket for each port, kept while the interface is the same; none for one that has gone meanwhile. Throws SyscallError. */
function usePorts(sockets: Map<number, { port: Port; fd: number }>, ports: Port[]): void {
  for (const [ifindex, { fd }] of sockets) {
    if (ports.some((port) => port.ifindex === ifindex)) continue;
    closeSync(fd);
    sockets.delete(ifindex);
  }
  for (const port of ports) {
    const fd = sockets.get(port.ifindex)?.fd ?? openUnlessGone(port);
    if (fd !== undefined) sockets.set(port.ifindex, { port, fd });
  }
}

/** Its connections are worth more than to die of this; the daemon tells soon of what is there now. */
function openUnlessGone({ ifindex }: Port): number | undefined {
  try {
    return openPacketPort(ifindex);
  } catch (error) {
    if (error instanceof SyscallError && ['ENODEV', 'ENXIO'].includes(error.errno)) return undefined;
    throw error;
  }
}

const portOf = (sockets: Map<number, { port: Port; fd: number }>, fd: number): Port | undefined =>
  [...sockets.values()].find((socket) => socket.fd === fd)?.port;
