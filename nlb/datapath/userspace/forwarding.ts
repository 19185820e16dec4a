import { closeSync } from 'node:fs';
import { bootNs, monotonicNs } from '../../kernel/clock.ts';
import { openBatch } from '../../kernel/packet-batch.ts';
import { openPacketPort, sendFrame } from '../../kernel/packet-port.ts';
import { KernelRefusal } from '../../kernel/refusal.ts';
import type { Port } from '../attach/ports.ts';
import { mostOf } from '../attach/program.ts';
import type { Decision } from '../specification/decision.ts';
import { forward } from '../specification/forward.ts';
import { type PeerKnown, type Told, toldBy } from '../specification/knowledge.ts';
import { type Ledger, writeDown } from '../specification/ledger.ts';
import { openLease } from '../tables/lease.ts';
import { openSelectionTable, type SelectionTable } from '../tables/selection-table.ts';
import { arpAnswer } from './arp-answer.ts';
import { isOpen } from './heartbeat-socket.ts';
import { FILES, openMapped } from './place.ts';
import { RecentMap } from './recent-map.ts';
import { openReplies } from './replies.ts';
import { openRows } from './rows.ts';
import { read, selected, type Written } from './told.ts';

/** The specification at work: frames of the ports in, and out. */
export interface Forwarding {
  /** Descriptors on which frames come in. */
  ports(): number[];
  /** Deal with what waits on the port of that descriptor, one batch of it at most. Throws KernelRefusal. */
  carry(fd: number): void;
  answer(question: string): string;
}

const MACS_BYTES = 12;

/** By what is written in the place. Throws KernelRefusal, and an Error where nothing is written there. */
export function openForwarding(place: string): Forwarding {
  const { sizes } = readable(place);
  const mapped = openMapped(place, sizes);
  const selections = openSelectionTable(mapped.fd(FILES.selections), sizes.maxServices);
  let { said, told } = taken(place, selections);
  const [lease, rows] = [openLease(mapped.fd(FILES.lease)), openRows(mapped.fd, sizes)];
  mapped.close();
  const kept = tablesOf(sizes);
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
  const decide = (frame: Buffer, { ifindex }: Port): Decision => {
    const [nowNs, boot] = [monotonicNs(), bootNs()];
    const arrival = { frame, ifindex, nowNs, tickNs: nowNs, bootNs: boot };
    const decision = forward(arrival, { told, lease: lease.get(), peer, kept });
    writeDown(kept, decision, {
      peerAsked: () => lease.notePeerAsked(boot),
      fenced: lease.endForwarding,
      allowance: lease.noteAllowance,
    });
    rows.count(decision, said.numbers);
    return decision;
  };
  const carry = (fd: number): void => {
    const port = portOf(sockets, fd);
    const leaving = new Map<number, number[]>();
    const count = port ? batch.receive(fd) : 0;
    for (let index = 0; port && index < count; index++) {
      const frame = batch.frame(index);
      const { outcome, egress, frame: out } = decide(frame, port);
      if (outcome === 'PASSED_ARP_NLBS') answerArp(frame, port, fd);
      if (egress === undefined) continue;
      batch.overwrite(index, out.subarray(0, MACS_BYTES));
      leaving.set(egress, [...(leaving.get(egress) ?? []), index]);
    }
    // As with the answer above.
    if (monotonicNs() >= lease.get().forwardUntilNs) return;
    for (const [egress, indices] of leaving) batch.send(sockets.get(egress)?.fd ?? -1, indices);
  };
  const take = (): void => {
    ({ said, told } = taken(place, selections));
    usePorts(sockets, told.ports);
  };
  return {
    ports: () => [...sockets.values()].map(({ fd }) => fd),
    carry,
    answer: openReplies({ place, kept, situation: () => ({ said, told }), take }),
  };
}

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

function tablesOf(sizes: Written['sizes']): Ledger['kept'] {
  const { connections, embryos, affinities, fragments } = mostOf(sizes);
  return {
    connections: new RecentMap(connections),
    embryos: new RecentMap(embryos),
    affinities: new RecentMap(affinities),
    fragments: new RecentMap(fragments),
  };
}

/** A socket for each port, kept while the interface is the same; none for one that has gone meanwhile. Throws KernelRefusal. */
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
    if (error instanceof KernelRefusal && ['ENODEV', 'ENXIO'].includes(error.errno)) return undefined;
    throw error;
  }
}

const portOf = (sockets: Map<number, { port: Port; fd: number }>, fd: number): Port | undefined =>
  [...sockets.values()].find((socket) => socket.fd === fd)?.port;
