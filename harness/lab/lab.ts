import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { until } from '../clock/until.ts';
import type { Driver, NodeProcess, SegmentHandle } from '../driver/driver.ts';
import { driverNamed } from '../driver/drivers.ts';
import {
  bpfFolder,
  DEFAULT_DRIVER,
  type DriverName,
  type LabState,
  labFolder,
  save,
  thisProcess,
} from '../driver/registry.ts';
import { LabNode } from '../node/node.ts';
import { type Capabilities, type Capability, neededFor } from '../system/capability.ts';
import type { PairOptions, PairSetup, System } from '../system/system.ts';
import { systemNamed } from '../system/systems.ts';
import type { NodeKind, NodePlan, Plan } from '../topology/plan.ts';
import { holdersIn, placeOf } from './leader.ts';
import { startFirewalls, startServers } from './populate.ts';

export interface LabOptions {
  plan: Plan;
  /** 1 to 32 of a-z, 0-9 and -; made up from the topology's name when absent. */
  name?: string;
  system: System;
  /** What the lab is made of; namespaces when absent. */
  driver?: DriverName;
  /** Servers in whose place somebody else puts containers, once the network is there. */
  guests?: string[];
  pair?: PairOptions;
  pace?: PairSetup['pace'];
  datapath?: PairSetup['datapath'];
  /** Called when the network is there and nothing runs in it yet: the moment to begin watching. */
  onNetwork?: (lab: Lab) => Promise<void>;
}

/** The two load balancers by what they are. */
export interface Pair {
  active: LabNode;
  standby: LabNode;
}

/** A whole lab: network, firewalls, servers and the pair under test. */
export class Lab {
  readonly state: LabState;
  readonly system: System;
  readonly folder: string;
  readonly setup: PairSetup;
  private readonly driver: Driver;
  /** The system's daemons that this process started, by node. */
  readonly daemons = new Map<string, NodeProcess>();
  /** Each start of the system on a node, by this process, that nobody has taken note of yet. */
  readonly starts: { node: string; monotonicNs: bigint }[] = [];
  /** Called before the system on a node is asked to stop, or the node loses its power: either may end the system's counters. */
  beforeStop: ((node: LabNode) => Promise<void>) | undefined;
  /** What the running test has said that it needs of the system; outside of tests everything is granted. */
  granted: ReadonlySet<Capability> | undefined;
  private readonly handles: Map<string, LabNode>;
  /** What was changed since the start, by node. */
  private readonly changes = new Map<string, PairOptions>();

  constructor(state: LabState, asked: PairOptions & Pick<PairSetup, 'pace' | 'datapath'> = {}) {
    this.state = state;
    this.system = systemNamed(state.system);
    this.driver = driverNamed(state.driver);
    this.folder = labFolder(state.name);
    this.setup = {
      plan: state.plan,
      folder: this.folder,
      bpfFolder: bpfFolder(state.name),
      secrets: [drawSecret()],
      ...asked,
    };
    this.handles = new Map(state.plan.nodes.map((node) => [node.name, this.handle(node)]));
  }

  get name(): string {
    return this.state.name;
  }

  get plan(): Plan {
    return this.state.plan;
  }

  private handle(plan: NodePlan): LabNode {
    const { commands } = this.system;
    const before = commands === undefined ? '' : `${commands}:`;
    const env = {
      PATH: `${before}${path.dirname(process.execPath)}:${process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
      // What a test runner loads into the harness by these is none of the lab's.
      NODE_OPTIONS: '',
      NODE_V8_COVERAGE: '',
      ...(plan.kind === 'nlb' ? this.system.environment(plan.name, this.setup) : {}),
    };
    return new LabNode({ folder: this.folder, plan, env, handle: this.driver.node(this.state, plan) });
  }

  /** @throws when the lab has no node of that name; the message lists those that it has. */
  node(name: string): LabNode {
    const found = this.handles.get(name);
    if (!found) throw new Error(`lab ${this.name} has no node ${name}; it has ${[...this.handles.keys()].join(', ')}`);
    return found;
  }

  nodes(kind: NodeKind): LabNode[] {
    return [...this.handles.values()].filter((node) => node.home.plan.kind === kind);
  }

  /** The switch of a LAN. */
  switchOf(lan: string): SegmentHandle {
    return this.driver.segment(this.state, lan);
  }

  /** The two load balancers, once one leads and the other stands by, by what the network shows (`leader.ts`). */
  async pair(withinMs = 5000 + this.system.deadAfterMs): Promise<Pair> {
    const [first, second] = this.nodes('nlb');
    if (!first || !second) throw new Error(`lab ${this.name} has no pair of load balancers`);
    return until(
      async () => {
        if (holdersIn(this).length === 0) return undefined;
        const [one, two] = await Promise.all([placeOf(this, first), placeOf(this, second)]);
        if (one === 'active' && two === 'standby') return { active: first, standby: second };
        if (one === 'standby' && two === 'active') return { active: second, standby: first };
        return undefined;
      },
      {
        what: `one load balancer of ${this.name} is active and the other stands by`,
        withinMs,
        everyMs: 20,
        isPromise: true,
      },
    );
  }

  /**
   * What the system has of that name.
   * @throws where it has not, and where the running test has not said that it needs it: it would break with another system
   */
  use<Name extends Capability>(name: Name): NonNullable<Capabilities[Name]> {
    const { granted, system } = this;
    const has = system.can[name];
    if (granted && !granted.has(name))
      throw new Error(`the test uses "${name}" of ${system.name} and does not say so: needs: ['${name}'] is missing`);
    if (has === undefined) throw new Error(`${system.name} has no "${name}": ${system.lacks[name]}`);
    return has;
  }

  /** Starts, or starts again, the system under test on a node; with `change`, otherwise than before from now on. */
  startSystem(node: LabNode, change?: PairOptions): void {
    if (change) this.changes.set(node.name, change);
    const setup = { ...this.setup, ...this.changes.get(node.name) };
    this.starts.push({ node: node.name, monotonicNs: process.hrtime.bigint() });
    this.daemons.set(node.name, this.system.start(node, setup));
  }

  /** Has the system on a node work by what is wished now instead of what was before; rejects when it refuses. */
  async reload(node: LabNode, change: PairOptions): Promise<void> {
    for (const needed of neededFor(change)) this.use(needed);
    await this.use('reload')(node, { ...this.setup, ...change });
    this.changes.set(node.name, change);
  }

  /** Whether a node's system goes by another configuration than it was first started with. */
  get isChanged(): boolean {
    return [...this.changes.values()].some((change) => Object.keys(change).length > 0);
  }

  down = (): Promise<void> => this.driver.unmake(this.state);
}

/** As `nlb` asks of a key: 32 bytes. */
export const drawSecret = (): string => randomBytes(32).toString('base64');

/** A name that no other lab has: the topology's, and six random hexadecimal digits. */
export const madeUpName = (plan: Plan): string => `${plan.topology.slice(0, 20)}-${randomBytes(3).toString('hex')}`;

/**
 * Makes the network of the plan and starts everything in it. It is up, not yet ready: wait for `Lab.pair` or for an
 * answer through the cluster address. When a step fails, nothing is left behind and the failure is thrown.
 */
export function bringUp(options: LabOptions): Promise<Lab> {
  const making = make(options);
  makings.add(making);
  const over = () => makings.delete(making);
  making.then(over, over);
  return making;
}

/** Labs that are being made now: one must not be unmade before that has ended, or it would go on making. */
export const makings = new Set<Promise<Lab>>();

async function make({
  plan,
  name,
  system,
  driver = DEFAULT_DRIVER,
  guests,
  pair,
  pace,
  datapath,
  onNetwork,
}: LabOptions): Promise<Lab> {
  const state: LabState = {
    name: name ?? madeUpName(plan),
    system: system.name,
    driver,
    plan,
    ...(guests && { guests }),
    madeAt: new Date().toISOString(),
    owner: thisProcess(),
  };
  await driverNamed(driver).make(state);
  const lab = new Lab(state, { ...pair, ...(pace && { pace }), ...(datapath !== undefined && { datapath }) });
  try {
    await onNetwork?.(lab);
    await populate(lab);
    return lab;
  } catch (error) {
    await lab.down();
    throw error;
  }
}

async function populate(lab: Lab): Promise<void> {
  await startFirewalls(lab.plan, lab.nodes('firewall'), lab.folder);
  startServers(
    lab.plan,
    lab.nodes('server').filter(({ name }) => !lab.state.guests?.includes(name)),
  );
  for (const node of lab.nodes('nlb')) lab.startSystem(node);
}

/** From now on the lab is the user's: it stays when this process ends. */
export function handOver(lab: Lab): void {
  const { owner: _, ...rest } = lab.state;
  save(rest);
}
