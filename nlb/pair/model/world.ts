import type { Settings } from '../settings.ts';
import type { Event } from '../state.ts';
import { openAgenda } from './agenda.ts';
import { openChance } from './chance.ts';
import { Daemon } from './daemon.ts';
import { type ClockError, type Host, openHost } from './host.ts';
import type { Laws } from './laws.ts';
import { openNetwork, opposite, PATHS, type PathName, SIDES, type Side, type Wire } from './network.ts';
import type { Mail } from './news.ts';
import { addressesOf, askAddress, askPeer, macOf, othersAnswer } from './questions.ts';
import type { Machine, Surroundings } from './surroundings.ts';
import { openSync, type Sync } from './sync.ts';
import { openUnreachableLimit, type UnreachableLimit } from './unreachable-limit.ts';

/** Two nodes and what lies between them. */
export interface World {
  readonly agenda: ReturnType<typeof openAgenda>;
  readonly network: ReturnType<typeof openNetwork>;
  readonly nodes: readonly [Node, Node];
  readonly sync: Sync;
}

export interface Node {
  readonly side: Side;
  readonly host: Host;
  readonly settings: Settings;
  /** Absent while none runs. */
  daemon?: Daemon;
  lives: number;
  /** Since when none has run. */
  deadSinceMs: number;
  /** When the peer's host first refused a beat of this life, since the peer's last daemon died. */
  refusedAtMs: number;
  /** What its kernel refuses, to each of the peer's addresses. */
  readonly unreachables: Record<PathName, UnreachableLimit>;
  /** How many faults keep its daemon dead, and its servers. */
  deaths: number;
  sickness: number;
  /** How many of its services are dead to it. */
  deadServices: number;
  /** How many faults keep the data path from an interface, and a further interface away. */
  readonly interfaces: { bare: number; away: number };
  /** How many faults make its kernel refuse the NLBS address. */
  addressRefusals: number;
  /** Whether a reach target is on its side of the access subnet, and how many faults keep that from answering. */
  hasTarget: boolean;
  targetDowns: number;
}

export interface Setting {
  seed: number;
  clocks: readonly [ClockError, ClockError];
  settings: readonly [Settings, Settings];
  machine: Machine;
  /** On which sides there is a reach target. */
  targets: readonly Side[];
  /** How many other stations each node can ask. */
  stations: number;
  /** Which nodes take part in sync. */
  sync: readonly Side[];
}

/** Both hosts are there, and no daemon runs yet. */
export function openWorld({ seed, clocks, targets, ...setting }: Setting, laws: (world: World) => Laws) {
  const agenda = openAgenda();
  const chance = openChance(seed);
  const network = openNetwork(agenda, chance);
  const node = (side: Side): Node => {
    const wrongs = { deaths: 0, sickness: 0, deadServices: 0, addressRefusals: 0, targetDowns: 0 };
    const settings = setting.settings[side];
    return {
      side,
      settings,
      host: openHost(agenda, clocks[side], setting.machine.leaseClock),
      lives: 0,
      deadSinceMs: 0,
      refusedAtMs: Number.NEGATIVE_INFINITY,
      unreachables: { access: openUnreachableLimit(), server: openUnreachableLimit() },
      hasTarget: targets.includes(side),
      ...wrongs,
      interfaces: { bare: 0, away: 0 },
    };
  };
  const nodes = [node(0), node(1)] as const;
  const world: World = { agenda, network, nodes, sync: openSync(agenda, nodes, setting.sync, seed) };
  const kept = laws(world);
  const start = (side: Side) => {
    const node = world.nodes[side];
    node.lives++;
    node.refusedAtMs = Number.NEGATIVE_INFINITY;
    const around = { ...surroundings(world, side, kept), stations: setting.stations };
    const machine = watched(setting.machine, (event) => kept.happens(side, event));
    node.daemon = new Daemon({ ...around, machine, settings: node.settings, chance, life: node.lives });
  };
  return { world, laws: kept, start };
}

function watched({ step, ...machine }: Machine, happens: (event: Event) => void): Machine {
  return {
    ...machine,
    step: (role, event, settings) => {
      happens(event);
      return step(role, event, settings);
    },
  };
}

/** A killed daemon; its data path stays as it is. */
export function kill(node: Node, nowMs: number): void {
  if (node.daemon) node.deadSinceMs = nowMs;
  node.daemon?.loop.end();
  delete node.daemon;
}

function surroundings(world: World, side: Side, laws: Laws) {
  const { agenda, network, nodes, sync } = world;
  const own = nodes[side];
  const around: Omit<Surroundings, 'settings' | 'machine' | 'chance' | 'life' | 'stations'> = {
    agenda,
    host: own.host,
    healthyServers: () => (own.sickness > 0 ? 0 : 2),
    services: () => ({ dead: own.deadServices, scarce: 0 }),
    refusedAlias: () => (own.addressRefusals > 0 ? ['the address'] : []),
    downLinks: () => PATHS.filter((path) => network.wires[path].downs[side] > 0),
    unguarded: () => (own.interfaces.bare > 0 ? ['access'] : []),
    absent: () => (own.interfaces.away > 0 ? ['bond1'] : []),
    targets: () => targetsOf(world, side),
    beat: (mail) => beat(world, side, mail),
    addresses: addressesOf(side),
    askAddress: (witness) => askAddress(world, side, witness),
    askPeer: () => askPeer(world, side),
    askStations: () => askStations(world, side),
    announce: () => {
      laws.announces(side);
      announce(world, side);
    },
    fence: () => laws.fences(side),
    sync: {
      takesPart: sync.takesPart(side),
      run: (effect) => sync.run(side, effect),
      reign: () => sync.reign(side),
    },
    entered: (entry) => {
      laws.entered(side, entry);
      sync.entered(side, entry.state);
    },
    beforeLeaseChange: () => laws.beforeLeaseChange(side),
    afterLeaseChange: () => laws.afterLeaseChange(side),
    stepped: (daemon) => laws.stepped(side, daemon),
  };
  return around;
}

/** A target on the other side is met when both the question and the answer get through. */
function targetsOf({ network, nodes }: World, side: Side): Record<string, boolean> {
  const { cuts, downs } = network.wires.access;
  const isWhole = cuts.every((faults) => faults === 0);
  const met = nodes.flatMap((node): [string, boolean][] => {
    const reached =
      downs[side] === 0 &&
      node.targetDowns === 0 &&
      network.wires.access.deafs[side] === 0 &&
      (node.side === side || isWhole);
    return node.hasTarget ? [[`target of side ${node.side}`, reached]] : [];
  });
  return Object.fromEntries(met);
}

function beat({ agenda, network, nodes }: World, from: Side, mail: Mail): void {
  const sender = nodes[from];
  const { host, unreachables, ...receiver } = nodes[opposite(from)];
  for (const path of PATHS)
    network.send(path, from, () =>
      host.take(() => {
        const { daemon } = nodes[opposite(from)];
        if (daemon) return daemon.receive(path, mail);
        if (!unreachables[path].allows(agenda.nowMs())) return;
        const sending = sender.daemon;
        const refused = () => {
          if (sender.refusedAtMs <= nodes[receiver.side].deadSinceMs) sender.refusedAtMs = agenda.nowMs();
          sending?.refused();
        };
        network.send(path, receiver.side, () => sender.host.take(refused));
      }),
    );
}

const isOpen = ({ downs, deafs }: Wire, side: Side): boolean => downs[side] === 0 && deafs[side] === 0;

/** Their kernels answer at once, on the subnet of the servers as well; what cuts the two nodes off each other does not cut them off. */
function askStations({ network, nodes }: World, from: Side): void {
  const { host, ...asker } = nodes[from];
  const hears = () => PATHS.some((path) => isOpen(network.wires[path], asker.side));
  network.beyond(() => host.take(() => hears() && nodes[from].daemon?.overheard('another station')));
}

/** An announcement is a request for the address: the data path of a node without a lease lets none through to its daemon. */
function announce(world: World, from: Side): void {
  const { network, nodes } = world;
  const { host, ...listener } = nodes[opposite(from)];
  const packet = { senderMac: macOf(from), sourceMac: macOf(from), senderIp: 'nlbs', targetMac: '', targetIp: 'nlbs' };
  network.announce(from, () =>
    host.take(() => {
      if (host.answers()) nodes[listener.side].daemon?.overheard({ operation: 'request', ...packet });
    }),
  );
  othersAnswer(world, from, 'nlbs');
}

export const daemonsOf = ({ nodes }: World) => SIDES.map((side) => nodes[side].daemon);
