import type { OutcomeName } from '../datapath/program/layout.ts';
import type { FrameRunner } from '../kernel/bpf-test-run.ts';
import { FIRST_CLIENT, type Flag, LOWEST_PORT, setFlag, setFlow } from './frames.ts';
import type { Size } from './load-balancer.ts';

/** A packet of a run, and what must become of it. */
export interface Step {
  flag: Flag;
  outcome: OutcomeName;
  measured: boolean;
}

/** One kind of traffic to be measured. */
export interface Workload {
  name: 'established' | 'round-robin' | 'new' | 'first ACK' | 'short' | 'flood';
  /** The packets of each run, in order. Those that are measured count together. */
  steps: readonly Step[];
  /**
   * Runs for each one that is asked for. Bursts come in which the machine does all more slowly, a half or a third, for 50 to
   * 150 ms, mostly while the kernel frees what was measured before: a median must rest on more than that. What fills a table
   * can only be run as often as fits in there.
   */
  times: number;
  /** What has gone by before it is measured. */
  prepare(measured: FrameRunner, size: Size): void;
  /** Make the frame one of the run's flow. */
  write(frame: Buffer, run: number, size: Size): void;
}

const step = (flag: Flag, outcome: OutcomeName, measured = true): Step => ({ flag, outcome, measured });
const SYN = step('syn', 'FORWARDED_NEW');
const ACK = step('ack', 'FORWARDED_ESTABLISHED');
const REQUEST = step('push', 'FORWARDED_ESTABLISHED');
const FIN = step('fin', 'FORWARDED_ESTABLISHED');

/** So many established flows are in use at the same time. */
export const ROUND_ROBIN_FLOWS = 20_000;
/** Frames of a flood that has been going on: more than any table for unproven connections needs to be full. */
const FLOOD_BEFORE = 100_000;

/** Clients of each workload, so that none meets flows of another one. */
const CLIENTS = {
  established: FIRST_CLIENT,
  'round-robin': FIRST_CLIENT + 0x100,
  new: FIRST_CLIENT + 0x200,
  'first ACK': FIRST_CLIENT + 0x300,
  short: FIRST_CLIENT + 0x400,
} as const;
const PORTS_PER_CLIENT = 1000;
const LOWEST_CLIENT_PORT = 10_000;

/** One flow of a row of them; the services take turns. */
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

/** Numbers that look like chance and are the same in every run of the program (the final mix of MurmurHash3). */
function scatter(number: number): number {
  let mixed = Math.imul(number + 1, 0x9e3779b9);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Of a source that was not there before, always to the first service. */
function setAttacker(frame: Buffer, number: number): void {
  setFlag(frame, 'syn');
  setFlow(frame, scatter(number), 1024 + (scatter(~number) % 60_000), LOWEST_PORT);
}

/** In the order in which they are measured: each leaves more connections behind than the one before. */
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
    write: (frame, run, size) => setNumbered(frame, CLIENTS['round-robin'], run % ROUND_ROBIN_FLOWS, size),
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
