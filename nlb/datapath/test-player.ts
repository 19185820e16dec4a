import type { forward, Write } from './forward.ts';
import { type Connection, type Told, toldBy } from './knowledge.ts';
import { CONSTANTS, OUTCOMES, type OutcomeName } from './layout.ts';
import type { LeaseTimes } from './lease.ts';
import type { Port } from './ports.ts';
import type { ServerEntry, Tables } from './tables.ts';
import { type History, SELECTIONS, SERVICES, type ServerState, type Step } from './test-histories.ts';
import { CLUSTERS } from './test-packets.ts';
import { MAC, NLBS, PEER } from './test-rig.ts';
import type { Twin } from './test-twin.ts';

/** Support for the differential test: a history is played to the program in the kernel and to a specification. */

/** What plays, and where. */
export interface Cast {
  twin: Twin;
  specification: typeof forward;
  /** Numbers of the interfaces. */
  interfaces: { access: number; server: number };
}

/** How things stand, for both. */
interface Stage extends Cast {
  history: History;
  ports: Port[];
  nowNs: bigint;
  servers: ServerState[];
  services: { serving: boolean; slots: Int32Array }[];
  lease: LeaseTimes;
  told: Told;
  connections: Map<string, Connection>;
  peerAskedNs: bigint;
  last?: Act<'send'>;
  story: string[];
  seen: OutcomeName[];
}

type Act<Name extends Step['do']> = Extract<Step, { do: Name }>;

const BEGIN_NS = 1_000_000_000_000n;
const VERDICTS = { xdp: { PASSED: 2, FORWARDED: 4, DROPPED: 1 }, tc: { PASSED: -1, FORWARDED: 7, DROPPED: 2 } };

/** The outcomes, frame by frame. Throws an Error that tells the story where the two do not agree. */
export function play(history: History, cast: Cast): OutcomeName[] {
  const stage = open(history, cast);
  const before = cast.twin.outcomes();
  for (const step of history.steps) {
    stage.story.push(`${stage.nowNs} ${show(step)}`);
    (ACTS[step.do] as (stage: Stage, step: Step) => void)(stage, step);
  }
  const after = cast.twin.outcomes();
  agree(
    stage,
    'counted',
    countsOf(stage.seen),
    OUTCOMES.map((name) => after[name].packets - before[name].packets).map(Number),
  );
  return stage.seen;
}

const countsOf = (seen: OutcomeName[]) => OUTCOMES.map((name) => seen.filter((other) => other === name).length);

function open(history: History, cast: Cast): Stage {
  const stage: Stage = {
    ...cast,
    history,
    ports: portsOf(history, cast.interfaces),
    nowNs: BEGIN_NS,
    servers: history.servers,
    services: SERVICES.map(({ slots }, index) => ({ slots, serving: history.serving[index] ?? true })),
    lease: leaseFrom(history.lease, BEGIN_NS),
    told: toldBy({ nlbs: NLBS, peer: PEER, clusterAddresses: [], servers: [], services: [] }, []),
    connections: new Map(),
    peerAskedNs: cast.twin.peerAskedNs(),
    story: [show({ ...history, steps: undefined })],
    seen: [],
  };
  cast.twin.clear();
  cast.twin.setClock(stage.nowNs);
  cast.twin.setLease(stage.lease);
  tell(stage);
  return stage;
}

const ACTS: { [Name in Step['do']]: (stage: Stage, step: Act<Name>) => void } = {
  send: (stage, step) => {
    stage.last = step;
    send(stage, step);
  },
  again: (stage) => {
    if (stage.last) send(stage, stage.last);
  },
  wait: (stage, { ns }) => {
    stage.nowNs += ns;
    stage.twin.setClock(stage.nowNs);
  },
  lease: (stage, { lease }) => {
    stage.lease = leaseFrom(lease, stage.nowNs);
    stage.twin.setLease(stage.lease);
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
    const service = stage.services[index];
    if (service) service.slots = SELECTIONS[table] ?? service.slots;
    tell(stage);
  },
  forget: ({ connections, twin }, { which }) => {
    const name = [...connections.keys()].sort()[which];
    if (name === undefined) return;
    connections.delete(name);
    twin.forget(name);
  },
};

function send(stage: Stage, { frame, on }: Act<'send'>): void {
  const { twin, interfaces, history, nowNs, told, lease, connections } = stage;
  const hook = frame.length < TC_LEAST_BYTES ? 'xdp' : history.hook;
  const decision = stage.specification(
    { frame, ifindex: interfaces[on], nowNs },
    { told, lease, kept: { connections } },
  );
  stage.story.push(`  ${decision.outcome}`);
  stage.seen.push(decision.outcome);
  for (const write of decision.writes) apply(stage, write);
  const ran = twin.run(hook, frame, interfaces[on]);
  const [word = 'PASSED'] = decision.outcome.split('_') as (keyof typeof VERDICTS.xdp)[];
  agree(stage, 'verdict', VERDICTS[hook][word], ran.verdict);
  agree(stage, 'frame', decision.frame.toString('hex'), ran.frame.toString('hex'));
  agree(stage, 'peer asked', stage.peerAskedNs, twin.peerAskedNs());
  agree(stage, 'connections', sorted(connections), sorted(twin.connections()));
}

function apply(stage: Stage, write: Write): void {
  if (write.table === 'peerAsked') stage.peerAskedNs = stage.nowNs;
  else stage.connections.set(write.name, write.value);
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

const sorted = (kept: ReadonlyMap<string, Connection>) => [...kept].sort(([a], [b]) => (a < b ? -1 : 1));

function leaseFrom({ answerNs, forwardNs }: Act<'lease'>['lease'], nowNs: bigint): LeaseTimes {
  return { answerUntilNs: nowNs + answerNs, forwardUntilNs: nowNs + forwardNs };
}

function portsOf({ oneArmed }: History, { access, server }: Cast['interfaces']): Port[] {
  const { ROLE_ACCESS, ROLE_SERVER, ROLE_BOTH } = CONSTANTS;
  if (oneArmed) return [{ device: 'access', ifindex: access, mac: MAC.access, roles: ROLE_BOTH }];
  return [
    { device: 'server', ifindex: server, mac: MAC.server, roles: ROLE_SERVER },
    { device: 'access', ifindex: access, mac: MAC.access, roles: ROLE_ACCESS },
  ];
}

function tablesOf({ history, servers, services }: Stage): Tables {
  return {
    nlbs: history.priorArt ? (CLUSTERS[0] ?? NLBS) : NLBS,
    peer: PEER,
    clusterAddresses: CLUSTERS,
    servers: servers.filter(({ there }) => there).map(serverFrom),
    services: SERVICES.flatMap((service, index) => {
      const { serving = false, slots = service.slots } = services[index] ?? {};
      return serving ? [{ ...service, slots }] : [];
    }),
  };
}

function serverFrom({ id, usable, mac, other }: ServerState): ServerEntry {
  const address = `10.77.2.${(other ? 30 : 20) + id}`;
  return { id, address, usable, ...(mac && { mac: `02:00:00:00:0${other ? 1 : 0}:2${id}` }) };
}
