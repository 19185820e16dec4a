import type { DatapathInterface } from '../attach/interfaces.ts';
import type { OutcomeName } from '../program/layout.ts';
import type { Address } from '../specification/address.ts';
import type { Clocks, forward } from '../specification/forward.ts';
import { type Configured, configuredBy, type Exception } from '../specification/knowledge.ts';
import { type Ledger, openLedger, record, recordEvicted } from '../specification/ledger.ts';
import type { Limits } from '../specification/limits.ts';
import { FLOW_TABLES } from '../tables/counters.ts';
import { HALF_OPEN_ROWS, PROVEN_ROWS } from '../tables/flow-table.ts';
import type { LeasePeer, LeaseTimes } from '../tables/lease.ts';
import { poolOf, type SelectedService } from '../tables/tables.ts';
import { type Counted, countedBy, countedIn, since, used } from './counted.ts';
import { GroupRows } from './group-rows.ts';
import { flowNameIn, heldBy, heldIn } from './held-frames.ts';
import { type History, SELECTIONS, SERVICES, type ServerState, type Step, TIMEOUTS } from './histories.ts';
import type { KernelProgram } from './kernel-program.ts';
import { asFragment, fromPort, withFlags } from './packets.ts';
import { addressOf, clocksAt, interfacesOf, leaseFrom, peerFrom, tablesOf } from './replay-input.ts';
import { HEARTBEAT, NLBS } from './rig.ts';
/** Support for the differential test: replays a history on the program in the kernel and on a specification. */

/** What a replay needs. */
export interface ReplayParts {
  kernel: KernelProgram;
  specification: typeof forward;
  /** Numbers of the interfaces. */
  interfaces: { access: number; server: number };
  /** The table that is never full in the specification. */
  boundless?: FlowTableName;
  /** In the specification, the oldest half-open connection gives way to datagrams, too. */
  oldestFirst?: boolean;
}

/** The state of a replay, the same for both. */
interface Replay extends ReplayParts {
  history: History;
  datapathInterfaces: DatapathInterface[];
  clocks: Clocks;
  servers: ServerState[];
  services: { serving: boolean; entry: SelectedService<Int32Array> }[];
  lease: LeaseTimes;
  peer: Omit<LeasePeer, 'allowances'>;
  limits: Limits;
  /** By flow. */
  exceptions: ReadonlyMap<string, Exception>;
  configured: Configured;
  ledger: Ledger;
  /** What the kernel had counted before. */
  before: Counted;
  last?: StepOf<'send'>;
  transcript: string[];
  seen: OutcomeName[];
}

type StepOf<Name extends Step['do']> = Extract<Step, { do: Name }>;

const BEGIN_NS = 1_000_000_000_000n;
/** The machine was suspended before the history begins. */
const BEGIN_SUSPENDED_NS = 3_000_000_000n;
const VERDICTS = {
  xdp: { PASSED: 2, FORWARDED: 4, DROPPED: 1, HELD: 1 },
  tc: { PASSED: -1, FORWARDED: 7, DROPPED: 2, HELD: 2 },
};
const TABLES = FLOW_TABLES;

/** The outcomes, frame by frame. Throws an Error with the transcript if the two do not agree. */
export function replay(history: History, parts: ReplayParts): OutcomeName[] {
  const replay = open(history, parts);
  for (const step of history.steps) {
    replay.transcript.push(`${replay.clocks.nowNs} ${show(step)}`);
    (STEPS[step.do] as (replay: Replay, step: Step) => void)(replay, step);
  }
  for (const table of TABLES)
    expectSame(replay, table, sorted(replay.ledger.flowTables[table]), sorted(parts.kernel.flowTables[table].read()));
  expectSame(replay, 'entering', used(replay.ledger.flowTables.entering), used(parts.kernel.entering()));
  expectSame(replay, 'counted', countedBy(replay.ledger), since(replay.before, countedIn(parts.kernel)));
  return replay.seen;
}

function open(history: History, parts: ReplayParts): Replay {
  const { kernel } = parts;
  const replay: Replay = {
    ...parts,
    history,
    datapathInterfaces: interfacesOf(history, parts.interfaces),
    clocks: clocksAt(BEGIN_NS, history.lateNs, BEGIN_SUSPENDED_NS),
    servers: history.servers,
    services: SERVICES.map((entry, index) => ({ entry, serving: history.serving[index] ?? true })),
    lease: leaseFrom(history.lease, { nowNs: BEGIN_NS, bootNs: BEGIN_NS + BEGIN_SUSPENDED_NS }),
    peer: { ...peerFrom(history.peer), daemonLives: history.daemonLives },
    limits: history.limits,
    exceptions: new Map(),
    configured: configuredBy(
      {
        nlbs: NLBS,
        heartbeat: HEARTBEAT,
        timeouts: TIMEOUTS,
        limits: history.limits,
        clusterAddresses: [],
        servers: [],
        services: [],
      },
      [],
    ),
    ledger: openLedgerOf(parts),
    before: countedIn(kernel),
    transcript: [show({ ...history, steps: undefined })],
    seen: [],
  };
  for (const table of TABLES) kernel.flowTables[table].clear();
  kernel.enterAnew();
  kernel.held();
  kernel.setClocks(replay.clocks);
  kernel.setLease(replay.lease);
  kernel.setPeer(replay.peer);
  kernel.forgetAllowances();
  kernel.forgetPeerAsked();
  kernel.setDaemonAlive(history.daemonLives);
  configure(replay);
  return replay;
}

type FlowTableName = 'connections' | 'udpFlows' | 'halfOpen';

function openLedgerOf({ kernel, boundless, oldestFirst }: ReplayParts): Ledger {
  const ledger = openLedger();
  for (const table of ['connections', 'udpFlows', 'halfOpen'] as const) {
    if (table === boundless) continue;
    const [rows, among] =
      table === 'halfOpen' ? ([HALF_OPEN_ROWS, 'halfOpen'] as const) : ([PROVEN_ROWS, 'proven'] as const);
    const byChance = table === 'halfOpen' && !oldestFirst ? { rowByChance: kernel.rowByChance } : {};
    ledger.flowTables[table] = new GroupRows({
      ...byChance,
      groupOf: (name) => kernel.groupOf(name, among),
      startOf: kernel.startOf,
      rows,
      timeouts: TIMEOUTS,
      evicted: (connection) => recordEvicted(ledger, table, connection),
    });
  }
  return ledger;
}

const CROWD_PORT = 41_000;
const TCP_ACK = 0x10;

const STEPS: { [Name in Step['do']]: (replay: Replay, step: StepOf<Name>) => void } = {
  send: (replay, step) => {
    replay.last = step;
    send(replay, step);
  },
  again: (replay, { flags, port, fragment, length }) => {
    if (!replay.last) return;
    let { frame } = replay.last;
    if (flags !== null) frame = withFlags(frame, () => flags);
    if (port !== null) frame = fromPort(frame, port);
    if (fragment !== null) frame = asFragment(frame, fragment);
    if (length > frame.length) frame = Buffer.concat([frame], length);
    send(replay, { ...replay.last, frame });
  },
  crowd: (replay, { ports, proves }) => {
    if (!replay.last) return;
    const { last } = replay;
    for (let port = 0; port < ports; port++) {
      const frame = fromPort(last.frame, CROWD_PORT + port);
      send(replay, { ...last, frame });
      if (proves) send(replay, { ...last, frame: withFlags(frame, () => TCP_ACK) });
    }
  },
  wait: (replay, { ns, lateNs, suspendedNs }) => {
    const { nowNs, bootNs } = replay.clocks;
    replay.clocks = clocksAt(nowNs + ns, lateNs, bootNs - nowNs + suspendedNs);
    replay.kernel.setClocks(replay.clocks);
  },
  lease: (replay, { lease }) => {
    replay.lease = leaseFrom(lease, replay.clocks);
    replay.kernel.setLease(replay.lease);
  },
  flood: (replay, { times, ...step }) => {
    for (let time = 0; time < times; time++) send(replay, { ...step, do: 'send' });
  },
  peer: (replay, { peer }) => {
    replay.peer = { ...replay.peer, ...peerFrom(peer) };
    replay.kernel.setPeer(replay.peer);
  },
  daemon: (replay, { lives }) => {
    replay.peer = { ...replay.peer, daemonLives: lives };
    replay.kernel.setDaemonAlive(lives);
  },
  except: (replay, { server, other, settled }) => {
    const name = replay.last && flowNameIn(replay.last.frame);
    if (name === undefined) return;
    const exceptions = new Map(replay.exceptions);
    const serverAddress = addressOf({ id: server, other }) as Address;
    if (settled === null) exceptions.delete(name);
    else exceptions.set(name, { server, serverAddress, isSettled: settled });
    replay.exceptions = exceptions;
    configure(replay);
  },
  limit: (replay, { limits }) => {
    replay.limits = limits;
    configure(replay);
  },
  servers: (replay, { states }) => {
    replay.servers = states;
    configure(replay);
  },
  serve: (replay, { service: index }) => {
    const service = replay.services[index];
    if (service) service.serving = !service.serving;
    configure(replay);
  },
  select: (replay, { service: index, table }) => {
    const chosen = replay.services[index];
    for (const service of replay.services)
      if (chosen && poolOf(service.entry) === poolOf(chosen.entry))
        service.entry = { ...service.entry, slots: SELECTIONS[table] ?? service.entry.slots };
    configure(replay);
  },
  persist: (replay, { service: index, persistence }) => {
    const service = replay.services[index];
    if (!service) return;
    const { persistence: _, ...entry } = service.entry;
    service.entry = persistence ? { ...entry, persistence } : entry;
    configure(replay);
  },
  forget: ({ ledger, kernel }, { table, which }) => {
    const name = [...ledger.flowTables[table].keys()].sort()[which];
    if (name === undefined) return;
    ledger.flowTables[table].delete(name);
    kernel.flowTables[table].forget(name);
  },
};

function send(replay: Replay, { frame, on }: StepOf<'send'>): void {
  const { kernel, interfaces, history, clocks, configured, lease, ledger } = replay;
  const hook = frame.length < TC_LEAST_BYTES ? 'xdp' : history.hook;
  const decision = replay.specification(
    { frame, ifindex: interfaces[on], ...clocks },
    { configured, lease, peer: { ...replay.peer, allowances: ledger.allowances }, flowTables: ledger.flowTables },
  );
  replay.transcript.push(`  ${decision.outcome} ${show(decision.writes)}`);
  replay.seen.push(decision.outcome);
  ledger.fencedNs = 0n;
  record(ledger, decision, clocks.bootNs);
  if (ledger.fencedNs !== 0n) replay.lease = { ...lease, forwardUntilNs: 0n };
  const ran = kernel.run(hook, frame, interfaces[on]);
  const [word = 'PASSED'] = decision.outcome.split('_') as (keyof typeof VERDICTS.xdp)[];
  expectSame(replay, 'verdict', VERDICTS[hook][word], ran.verdict);
  expectSame(replay, 'frame', decision.frame.toString('hex'), ran.frame.toString('hex'));
  expectSame(replay, 'held', heldBy(decision, frame, interfaces[on], clocks.nowNs), heldIn(kernel.held(), SERVICES));
  expectSame(replay, 'lease', replay.lease, kernel.lease());
  expectSame(replay, 'allowances', ledger.allowances, kernel.allowances());
  expectSame(replay, 'peer asked', ledger.peerAskedNs, kernel.peerAskedNs());
}

/** Octets below which the kernel may refuse to make a socket buffer in a test run. */
const TC_LEAST_BYTES = 14 + 40;

function configure(replay: Replay): void {
  const tables = tablesOf(replay);
  replay.kernel.configure(tables, replay.datapathInterfaces);
  replay.kernel.setExceptions(replay.exceptions);
  replay.configured = configuredBy(tables, replay.datapathInterfaces, replay.exceptions);
}

function expectSame(replay: Replay, what: string, specified: unknown, kernel: unknown): void {
  const [wanted, found] = [show(specified), show(kernel)];
  if (wanted === found) return;
  throw new Error([...replay.transcript, `${what}: specified ${wanted}`, `${what}: in the kernel ${found}`].join('\n'));
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : readable(part)));
}

const readable = (part: unknown): unknown => {
  const isBuffer =
    typeof part === 'object' && part !== null && 'type' in part && part.type === 'Buffer' && 'data' in part;
  return isBuffer ? Buffer.from(part.data as number[]).toString('hex') : part;
};

const sorted = (flowTables: ReadonlyMap<string, unknown>) =>
  [...flowTables].map(([name, value]) => ({ name, ...(value as object) })).sort((a, b) => (a.name < b.name ? -1 : 1));
