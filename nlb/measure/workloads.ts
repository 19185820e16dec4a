import type { OutcomeName } from '../datapath/program/layout.ts';
import type { FrameRunner } from '../kernel/bpf-test-run.ts';
import { FIRST_CLIENT, type Flag, LOWEST_PORT, setFlag, setFlow } from './frames.ts';
import type { Size } from './load-balancer.ts';

/** A packet of a run, and its expected outcome. */
export interface Step {
  flag: Flag;
  outcome: OutcomeName;
  measured: boolean;
}

/** One kind of traffic to be measured. */
export interface Workload {
  name: 'established' | 'round-robin' | 'new' | 'first ACK' | 'short' | 'flood';
  /** The packets of each run, in order. The times of measured ones are added. */
  steps: readonly Step[];
  /**
   * Runs for each one that is asked for. Sometimes the machine is slower by a half or a third for 50 to 150 ms, mostly while the
   * kernel frees the tables of an earlier measurement: a mean must rest on more time than that. A workload that fills a table can
   * run only as often as fits into it.
   */
  times: number;
  /** What happens before the measurement. */
  prepare(measured: FrameRunner, size: Size): void;
  /** Make the frame one of the run's flow. */
  write(frame: Buffer, run: number, size: Size): void;
}

const step = (flag: Flag, outcome: OutcomeName, measured = true): Step => ({ flag, outcome, measured });
const SYN = step('syn', 'FORWARDED_NEW');
const ACK = step('ack', 'FORWARDED_ESTABLISHED');
const REQUEST = step('push', 'FORWARDED_ESTABLISHED');
const FIN = step('fin', 'FORWARDED_ESTABLISHED');

/** How many established flows are in use at the same time. */
export const ROUND_ROBIN_FLOWS = 20_000;
/** Frames of a flood before the measurement: enough to fill any table of half-open connections. */
const FLOOD_BEFORE = 100_000;

/** The first client of each workload, so that their flows differ. */
const CLIENTS = {
  established: FIRST_CLIENT,
  'round-robin': FIRST_CLIENT + 0x100,
  new: FIRST_CLIENT + 0x200,
  'first ACK': FIRST_CLIENT + 0x300,
  short: FIRST_CLIENT + 0x400,
} as const;
const PORTS_PER_CLIENT = 1000;
const LOWEST_CLIENT_PORT = 10_000;

/** The flow of that number; its service is chosen round-robin. */
function setNumbered(frame: Buffer, client: number, flow: number, { services }: Size): void {
  const source = client + Math.floor(flow / PORTS_PER_CLIENT);
  setFlow(frame, source, LOWEST_CLIENT_PORT + (flow % PORTS_PER_CLIENT), LOWEST_PORT + (flow % services));
}

/** A connection's first two segments, which establish it. */
function establish(measured: FrameRunner, flows: number, client: number, size: Size): void {
  for (let flow = 0; flow < flows; flow++) {
    setNumbered(measured.frame, client, flow, size);
    for (const flag of ['syn', 'ack'] as const) {
      setFlag(measured.frame, flag);
      measured.run();
    }
  }
}

/** Pseudo-random numbers, the same in every run (the final mix of MurmurHash3). */
function scatter(number: number): number {
  let mixed = Math.imul(number + 1, 0x9e3779b9);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A SYN from a source that was not used before, to the first service. */
function setAttacker(frame: Buffer, number: number): void {
  setFlag(frame, 'syn');
  setFlow(frame, scatter(number), 1024 + (scatter(~number) % 60_000), LOWEST_PORT);
}

/** In the order in which they are measured: each leaves more connections behind than the previous one. */
export const WORKLOADS: readonly Workload[] = [
  {
    name: 'established',
    steps: [ACK],
    times: 20,
    prepare: (measured, size) => establish(measured, 1, CLIENTS.established, size),
    write: () => {},
  },
  {
    name: 'round-robin',
    steps: [ACK],
    times: 10,
    prepare: (measured, size) => establish(measured, ROUND_ROBIN_FLOWS, CLIENTS['round-robin'], size),
    write: (frame, run, size) => setNumbered(frame, CLIENTS['round-robin'], (run * 7919) % ROUND_ROBIN_FLOWS, size),
  },
  {
    name: 'new',
    steps: [SYN],
    times: 3,
    prepare: () => {},
    write: (frame, run, size) => setNumbered(frame, CLIENTS.new, run, size),
  },
  {
    name: 'first ACK',
    steps: [{ ...SYN, measured: false }, ACK],
    times: 3,
    prepare: () => {},
    write: (frame, run, size) => setNumbered(frame, CLIENTS['first ACK'], run, size),
  },
  {
    name: 'short',
    steps: [SYN, ACK, REQUEST, ACK, FIN],
    times: 3,
    prepare: () => {},
    write: (frame, run, size) => setNumbered(frame, CLIENTS.short, run, size),
  },
  {
    name: 'flood',
    steps: [SYN],
    times: 5,
    prepare: (measured) => {
      setFlag(measured.frame, 'syn');
      for (let number = 0; number < FLOOD_BEFORE; number++) {
        setAttacker(measured.frame, number);
        measured.run();
      }
    },
    write: (frame, run) => setAttacker(frame, FLOOD_BEFORE + run),
  },
];
