import type { Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';

/** The two subnets between the two nodes. What is sent by one arrives at the other late, twice, out of order, or never. */
export type Side = 0 | 1;
export type PathName = 'access' | 'server';
export const SIDES = [0, 1] as const;
export const PATHS = ['access', 'server'] as const;
export const opposite = (side: Side): Side => (side === 0 ? 1 : 0);

export interface Disturbance {
  /** Probability that a heartbeat is lost. */
  loss: number;
  /** Heartbeats take up to so much longer, each its own time, so that they overtake one another. */
  delayMs: number;
  /** Probability that a heartbeat comes twice. */
  twice: number;
}

export interface Wire {
  /** How many faults cut the way from each side. */
  cuts: [number, number];
  /** How many faults keep each side from hearing. */
  deafs: [number, number];
  /** How many faults hold the link of each side down. */
  downs: [number, number];
  disturbances: Disturbance[];
}

/** Stations of the access subnet that are neither of the two, and answer what is broadcast. */
export interface Stations {
  strayHolder: boolean;
  /** Of which node the switch remembers that it holds the NLBS address. */
  suppressed?: Side;
  /** Which nodes hear all the time that their peer asks for the address. */
  misled: Set<Side>;
}

export interface Network {
  readonly stations: Stations;
  readonly wires: Record<PathName, Wire>;
  /** A heartbeat on its way. */
  send(path: PathName, from: Side, arrive: () => void): void;
  /** A question by ARP: of each kind no more than two in a row are lost, and no answer. */
  ask(from: Side, kind: Question, arrive: () => void): void;
  /** The answer to a question, or the announcement, which is not repeated when it is lost. */
  reply(from: Side, arrive: () => void): void;
  announce(from: Side, arrive: () => void): void;
  /** A question to another station, and its answer. */
  beyond(arrive: () => void): void;
}

/** For the NLBS address, to the witness or to everybody; and for the peer's own address. */
export type Question = 'witness' | 'everybody' | 'presence';

type Arrival = () => void;

const TRANSIT_MS = [0.05, 0.3] as const;
/** An answer for the address comes within two of these; what takes longer is, to who asks, as good as split. */
const ARP_TRANSIT_MS = [0.05, 1] as const;
/**
 * What the pair assumes of the access subnet, and all that it assumes: of three questions for the address in a row, a quarter
 * of an interval apart, one arrives, and its answer comes back, before the next is due. A network that does less is split,
 * for as long as it does, whatever it is made of. Each kind counts by itself: that the host answers for its own address in
 * between makes no question for the NLBS address arrive. Heartbeats may be lost and late without any bound.
 */
const QUESTIONS_LOST_IN_A_ROW = 2;

/**
 * A kernel that cannot find its neighbour, because the link is down, keeps datagrams for it (`net.ipv4.neigh.*.unres_qlen_bytes`),
 * and sends them all at once with the next one after it has found it.
 */
const KEPT_AT_MOST = 100;

/** Whether what one side sends comes to the other. */
export const joins = ({ cuts, deafs, downs }: Wire, from: Side): boolean =>
  cuts[from] === 0 && deafs[opposite(from)] === 0 && downs[0] === 0 && downs[1] === 0;

export function openNetwork(agenda: Agenda, chance: Chance): Network {
  const newWire = (): Wire => ({ cuts: [0, 0], deafs: [0, 0], downs: [0, 0], disturbances: [] });
  const wires = { access: newWire(), server: newWire() };
  const lostInARow = { witness: [0, 0], everybody: [0, 0], presence: [0, 0] };
  const sum = (wire: Wire, what: keyof Disturbance) =>
    wire.disturbances.reduce((most, each) => Math.max(most, each[what]), 0);
  const after = (ms: number, arrive: () => void) => agenda.at(agenda.nowMs() + ms, arrive);
  const reply: Network['reply'] = (from, arrive) => {
    if (joins(wires.access, from)) after(chance.between(...ARP_TRANSIT_MS), arrive);
  };
  const kept: Record<PathName, [Arrival[], Arrival[]]> = { access: [[], []], server: [[], []] };
  return {
    stations: { strayHolder: false, misled: new Set() },
    wires,
    send: (path, from, arrive) => {
      const wire = wires[path];
      const waiting = kept[path][from];
      if (wire.downs[from] > 0 && waiting.length < KEPT_AT_MOST) waiting.push(arrive);
      if (!joins(wire, from)) return;
      for (const late of waiting.splice(0)) after(TRANSIT_MS[0], late);
      for (let copies = chance.strikes(sum(wire, 'twice')) ? 2 : 1; copies > 0; copies--) {
        if (chance.strikes(sum(wire, 'loss'))) continue;
        after(chance.between(...TRANSIT_MS) + chance.fraction() * sum(wire, 'delayMs'), arrive);
      }
    },
    ask: (from, kind, arrive) => {
      const inARow = lostInARow[kind][from] ?? 0;
      const lost = chance.strikes(sum(wires.access, 'loss')) && inARow < QUESTIONS_LOST_IN_A_ROW;
      lostInARow[kind][from] = lost ? inARow + 1 : 0;
      if (!lost) reply(from, arrive);
    },
    reply,
    beyond: (arrive) => after(2 * chance.between(...ARP_TRANSIT_MS), arrive),
    announce: (from, arrive) => {
      if (!chance.strikes(sum(wires.access, 'loss'))) reply(from, arrive);
    },
  };
}
