import type { Port } from '../attach/ports.ts';
import { CONSTANTS, type OutcomeName } from '../program/layout.ts';
import type { Mac } from '../specification/address.ts';
import type { Clocks, forward } from '../specification/forward.ts';
import { type PeerKnown, type Told, toldBy } from '../specification/knowledge.ts';
import { type Ledger, openLedger, record } from '../specification/ledger.ts';
import type { Limits } from '../specification/limits.ts';
import { FLOW_TABLES } from '../tables/counters.ts';
import type { LeaseTimes } from '../tables/lease.ts';
import { poolOf, type ServerEntry, type ServiceEntry, type Tables } from '../tables/tables.ts';
import { type Counted, countedBy, countedIn, since, used } from './counted.ts';
import { type History, SELECTIONS, SERVICES, type ServerState, type Step, TIMEOUTS } from './histories.ts';
import { asFragment, CLUSTERS, fromPort, withFlags } from './packets.ts';
import { HEARTBEAT, MAC, NLBS } from './rig.ts';
import { RowMap } from './rows.ts';
import type { Twin } from './twin.ts';

/** Support for the differential test: a history is played to the program in the kernel and to a specification. */

/** What plays, and where. */
export interface Cast {
  twin: Twin;
  specification: typeof forward;
  /** Numbers of the interfaces. */
  interfaces: { access: number; server: number };
  /** Those that the specification's half-open connections have. */
  embryoRows?: number;
  /** Opens the socket of the access path's heartbeats, or closes it. */
  liveDaemon(lives: boolean): void;
}

/** How things stand, for both. */
interface Stage extends Cast {
  history: History;
  ports: Port[];
  clocks: Clocks;
  servers: ServerState[];
  services: { serving: boolean; entry: ServiceEntry }[];
  lease: LeaseTimes;
  peer: Omit<PeerKnown, 'allowances'>;
  limits: Limits;
  told: Told;
  ledger: Ledger;
  /** What the kernel had counted before. */
  before: Counted;
  last?: Act<'send'>;
  story: string[];
  seen: OutcomeName[];
}

type Act<Name extends Step['do']> = Extract<Step, { do: Name }>;

const BEGIN_NS = 1_000_000_000_000n;
/** The machine was suspended before the history begins. */
const BEGIN_SUSPENDED_NS = 3_000_000_000n;
const VERDICTS = { xdp: { PASSED: 2, FORWARDED: 4, DROPPED: 1 }, tc: { PASSED: -1, FORWARDED: 7, DROPPED: 2 } };
const KEPT = FLOW_TABLES;

/** The outcomes, frame by frame. Throws an Error that tells the story where the two do not agree. */
export function play(history: History, cast: Cast): OutcomeName[] {
  const stage = open(history, cast);
  for (const step of history.steps) {
    stage.story.push(`${stage.clocks.nowNs} ${show(step)}`);
    (ACTS[step.do] as (stage: Stage, step: Step) => void)(stage, step);
  }
  for (const table of KEPT) agree(stage, table, sorted(stage.ledger.kept[table]), sorted(cast.twin.kept[table].read()));
  agree(stage, 'entering', used(stage.ledger.kept.entering), used(cast.twin.entering()));
  agree(stage, 'counted', countedBy(stage.ledger), since(stage.before, countedIn(cast.twin)));
  return stage.seen;
}

function open(history: History, cast: Cast): Stage {
  const { twin } = cast;
  const stage: Stage = {
    ...cast,
    history,
    ports: portsOf(history, cast.interfaces),
    clocks: clocksAt(BEGIN_NS, history.lateNs, BEGIN_SUSPENDED_NS),
    servers: history.servers,
    services: SERVICES.map((entry, index) => ({ entry, serving: history.serving[index] ?? true })),
    lease: leaseFrom(history.lease, { nowNs: BEGIN_NS, bootNs: BEGIN_NS + BEGIN_SUSPENDED_NS }),
    peer: { ...peerFrom(history.peer), daemonLives: history.daemonLives },
    limits: history.limits,
    told: toldBy(
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
    ledger: openLedgerOf(cast),
    before: countedIn(twin),
    story: [show({ ...history, steps: undefined })],
    seen: [],
  };
  for (const table of KEPT) twin.kept[table].clear();
  twin.enterAnew();
  twin.setClocks(stage.clocks);
  twin.setLease(stage.lease);
  twin.setPeer(stage.peer);
  twin.forgetAllowances();
  cast.liveDaemon(history.daemonLives);
  tell(stage);
  return stage;
}

function openLedgerOf({ twin, embryoRows = twin.embryoRows }: Cast): Ledger {
  const ledger = openLedger();
  const kept = { ...ledger.kept, embryos: new RowMap(embryoRows) };
  return { ...ledger, kept, peerAskedNs: twin.peerAskedNs() };
}

const ACTS: { [Name in Step['do']]: (stage: Stage, step: Act<Name>) => void } = {
  send: (stage, step) => {
    stage.last = step;
    send(stage, step);
  },
  again: (stage, { flags, port, fragment }) => {
    if (!stage.last) return;
    let { frame } = stage.last;
    if (flags !== null) frame = withFlags(frame, () => flags);
    if (port !== null) frame = fromPort(frame, port);
    if (fragment !== null) frame = asFragment(frame, fragment);
    send(stage, { ...stage.last, frame });
  },
  wait: (stage, { ns, lateNs, asleepNs }) => {
    const { nowNs, bootNs } = stage.clocks;
    stage.clocks = clocksAt(nowNs + ns, lateNs, bootNs - nowNs + asleepNs);
    stage.twin.setClocks(stage.clocks);
  },
  lease: (stage, { lease }) => {
    stage.lease = leaseFrom(lease, stage.clocks);
    stage.twin.setLease(stage.lease);
  },
  flood: (stage, { times, ...step }) => {
    for (let time = 0; time < times; time++) send(stage, { ...step, do: 'send' });
  },
  peer: (stage, { peer }) => {
    stage.peer = { ...stage.peer, ...peerFrom(peer) };
    stage.twin.setPeer(stage.peer);
  },
  daemon: (stage, { lives }) => {
    stage.peer = { ...stage.peer, daemonLives: lives };
    stage.liveDaemon(lives);
  },
  limit: (stage, { limits }) => {
    stage.limits = limits;
    tell(stage);
  },
  servers: (stage, { states }) => {
    stage.servers = states;
    tell(stage);
  },
  serve: (stage, { service: index }) => {
    const service = stage.services[index];
    if (service) service.serving = !service.serving;
    tell(stage);
  },
  select: (stage, { service: index, table }) => {
    const chosen = stage.services[index];
    for (const service of stage.services)
      if (chosen && poolOf(service.entry) === poolOf(chosen.entry))
        service.entry = { ...service.entry, slots: SELECTIONS[table] ?? service.entry.slots };
    tell(stage);
  },
  persist: (stage, { service: index, persistence }) => {
    const service = stage.services[index];
    if (!service) return;
    const { persistence: _, ...entry } = service.entry;
    service.entry = persistence ? { ...entry, persistence } : entry;
    tell(stage);
  },
  forget: ({ ledger, twin }, { table, which }) => {
    const name = [...ledger.kept[table].keys()].sort()[which];
    if (name === undefined) return;
    ledger.kept[table].delete(name);
    twin.kept[table].forget(name);
  },
};

function send(stage: Stage, { frame, on }: Act<'send'>): void {
  const { twin, interfaces, history, clocks, told, lease, ledger } = stage;
  const hook = frame.length < TC_LEAST_BYTES ? 'xdp' : history.hook;
  const decision = stage.specification(
    { frame, ifindex: interfaces[on], ...clocks },
    { told, lease, peer: { ...stage.peer, allowances: ledger.allowances }, kept: ledger.kept },
  );
  stage.story.push(`  ${decision.outcome} ${show(decision.writes)}`);
  stage.seen.push(decision.outcome);
  ledger.fencedNs = 0n;
  record(ledger, decision, clocks.bootNs);
  if (ledger.fencedNs !== 0n) stage.lease = { ...lease, forwardUntilNs: 0n };
  const ran = twin.run(hook, frame, interfaces[on]);
  const [word = 'PASSED'] = decision.outcome.split('_') as (keyof typeof VERDICTS.xdp)[];
  agree(stage, 'verdict', VERDICTS[hook][word], ran.verdict);
  agree(stage, 'frame', decision.frame.toString('hex'), ran.frame.toString('hex'));
  agree(stage, 'lease', stage.lease, twin.lease());
  agree(stage, 'allowances', ledger.allowances, twin.allowances());
  agree(stage, 'peer asked', ledger.peerAskedNs, twin.peerAskedNs());
}

/** Of less than an Ethernet and an IP header the kernel may make no socket buffer in a test run. */
const TC_LEAST_BYTES = 14 + 40;

function tell(stage: Stage): void {
  const tables = tablesOf(stage);
  stage.twin.tell(tables, stage.ports);
  stage.told = toldBy(tables, stage.ports);
}

function agree(stage: Stage, what: string, specified: unknown, kernel: unknown): void {
  const [said, done] = [show(specified), show(kernel)];
  if (said === done) return;
  throw new Error([...stage.story, `${what}: specified ${said}`, `${what}: in the kernel ${done}`].join('\n'));
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : readable(part)));
}

const readable = (part: unknown): unknown => {
  const isBuffer =
    typeof part === 'object' && part !== null && 'type' in part && part.type === 'Buffer' && 'data' in part;
  return isBuffer ? Buffer.from(part.data as number[]).toString('hex') : part;
};

const sorted = (kept: ReadonlyMap<string, unknown>) =>
  [...kept].map(([name, value]) => ({ name, ...(value as object) })).sort((a, b) => (a.name < b.name ? -1 : 1));

/** Both go forward, because every wait is longer than the one is ever late. */
const clocksAt = (nowNs: bigint, lateNs: bigint, suspendedNs: bigint): Clocks => ({
  nowNs,
  tickNs: nowNs - lateNs,
  bootNs: nowNs + suspendedNs,
});

const peerFrom = ({ mac, boot }: History['peer']): Pick<PeerKnown, 'mac' | 'boot'> => ({
  mac: mac ? (MAC.peer as Mac) : undefined,
  boot: boot ?? undefined,
});

function leaseFrom(
  { answerNs, forwardNs }: Act<'lease'>['lease'],
  { nowNs, bootNs }: Pick<Clocks, 'nowNs' | 'bootNs'>,
): LeaseTimes {
  return { answerUntilNs: answerNs === null ? 0n : bootNs + answerNs, forwardUntilNs: nowNs + forwardNs };
}

function portsOf({ oneArmed, vlanned, mtu }: History, { access, server }: Cast['interfaces']): Port[] {
  const { ROLE_ACCESS, ROLE_SERVER, ROLE_BOTH } = CONSTANTS;
  if (oneArmed) return [{ device: 'access', ifindex: access, mac: MAC.access, mtu, roles: ROLE_BOTH }];
  const vlan = {
    device: 'access.5',
    ifindex: server + 1000,
    mac: MAC.access,
    mtu,
    roles: ROLE_ACCESS,
    vlan: { parent: access, id: 5 },
  };
  return [
    { device: 'server', ifindex: server, mac: MAC.server, mtu, roles: ROLE_SERVER },
    { device: 'access', ifindex: access, mac: MAC.access, mtu, roles: ROLE_ACCESS },
    ...(vlanned ? [vlan] : []),
  ];
}

function tablesOf({ history, limits, servers, services }: Stage): Tables {
  return {
    nlbs: history.priorArt ? (CLUSTERS[0] ?? NLBS) : NLBS,
    heartbeat: HEARTBEAT,
    timeouts: TIMEOUTS,
    limits,
    clusterAddresses: CLUSTERS,
    servers: servers.filter(({ there }) => there).map(serverFrom),
    services: services.filter(({ serving }) => serving).map(({ entry }) => entry),
  };
}

function serverFrom({ id, kept, mac, other }: ServerState): ServerEntry {
  const address = `10.77.2.${(other ? 30 : 20) + id}`;
  const known = mac && { mac: `02:00:00:00:0${other ? 1 : 0}:2${id}` };
  return { id, address, kept, ...known };
}
