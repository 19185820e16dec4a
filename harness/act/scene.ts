import type { OwnLeg } from '../check/addresses.ts';
import type { Path, Service } from '../check/forwarding.ts';
import { PROGRAMS_LISTED } from '../check/left-behind.ts';
import type { ForwardedTo, Ways } from '../check/new-flows.ts';
import { dueNs } from '../check/standstill.ts';
import { until, type Wait } from '../clock/until.ts';
import type { HistoryEvent } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import { attachedTo } from '../lab/attached.ts';
import { takeCensus } from '../lab/census.ts';
import type { Lab } from '../lab/lab.ts';
import { LabView } from '../lab/view.ts';
import type { Mac } from '../topology/address.ts';
import type { NodeKind } from '../topology/plan.ts';
import type { Client } from '../traffic/client-handle.ts';

/** As `until` waits, and from which instant on the history is looked at. */
export interface SceneWait extends Partial<Pick<Wait, 'withinMs' | 'isPromise'>> {
  sinceNs?: number;
}

export interface SceneParts {
  lab: Lab;
  recorder: Recorder;
  client: Client;
  /** Where the results go. */
  folder: string;
  /** Of everything random. */
  seed: number;
  /** Brings what has been seen until now into the history, as far as that needs no waiting. */
  refresh: () => boolean;
}

interface Deferred {
  what: string;
  undo: () => unknown;
  isDone: boolean;
}

async function undone(deferred: Deferred): Promise<void> {
  if (deferred.isDone) return;
  deferred.isDone = true;
  await deferred.undo();
}

/** What a test has in hand: a running lab, a client in it, and the history to which everything goes. */
export class Scene extends LabView {
  readonly client: Client;
  readonly recorder: Recorder;
  readonly folder: string;
  readonly seed: number;
  private readonly refresh: () => boolean;
  private readonly deferred: Deferred[] = [];

  constructor({ lab, recorder, client, folder, seed, refresh }: SceneParts) {
    super(lab);
    this.recorder = recorder;
    this.folder = folder;
    this.seed = seed;
    this.refresh = refresh;
    this.client = client;
  }

  /** Every leg of nodes of a kind, with the subnet that its own address must be in. */
  ownLegs(kind: NodeKind): OwnLeg[] {
    const subnetOf = (name: string) => this.lab.plan.segments.find((segment) => segment.name === name)?.subnet ?? '';
    const nodes = this.lab.nodes(kind);
    return nodes.flatMap(({ name: node, home }) =>
      home.plan.legs.map((leg) => ({ node, device: leg.name, subnet: subnetOf(leg.segment) })),
    );
  }

  /** The way of packets through a load balancer. */
  path(node: string): Path {
    return { access: this.port(node, 'access'), mac: this.mac(node, 'access'), server: this.port(node, 'server') };
  }

  /** A server, and every way by which packets of that service are forwarded to it. */
  forwardedTo(server: string, service: string): ForwardedTo {
    return { server, mac: this.mac(server, 'server'), ...this.waysOf(service) };
  }

  /** Every way by which packets of that service are forwarded. */
  waysOf(service: string): Ways {
    return { paths: this.lab.nodes('nlb').map(({ name }) => this.path(name)), services: [this.service(service)] };
  }

  /** Where to send for a service of the topology, on its first cluster address: `203.0.113.10:80`. */
  target(service: string): string {
    return `${this.cluster}:${this.service(service).port}`;
  }

  /** A service of the topology on its first cluster address, as checkers name it. */
  service(name: string): Service {
    const found = this.lab.plan.services.find((service) => service.name === name);
    if (!found) throw new Error(`the topology ${this.lab.plan.topology} has no service ${name}`);
    return { address: this.cluster, protocol: found.protocol, port: found.port };
  }

  /** Where the servers are on the server subnet, by name. */
  get serverMacs(): Record<string, Mac> {
    return Object.fromEntries(this.servers.map(({ name }) => [name, this.mac(name, 'server')]));
  }

  /** Does something to the lab and records when it began and when it was over. */
  async act<T>(what: string, node: string | undefined, action: () => T | Promise<T>): Promise<T> {
    const atNs = this.recorder.nowNs();
    const result = await action();
    this.recorder.record({ kind: 'act', what, atNs, untilNs: this.recorder.nowNs(), ...(node ? { node } : {}) });
    return result;
  }

  /** Records something that was done by its span on CLOCK_MONOTONIC. */
  did(what: string, node: string, { fromNs, untilNs }: { fromNs: bigint; untilNs: bigint }): void {
    const { recorder } = this;
    const span = { atNs: recorder.fromMonotonic(fromNs), untilNs: recorder.fromMonotonic(untilNs) };
    recorder.record({ kind: 'act', what, node, ...span });
  }

  /** Records every address and route of the running lab. */
  async census(): Promise<void> {
    this.recorder.record(await takeCensus(this.lab, () => this.recorder.nowNs()));
  }

  /** Records what packet programs a node has. */
  async listPrograms(node: string): Promise<void> {
    const lines = await attachedTo(this.lab, this.lab.node(node));
    this.note(PROGRAMS_LISTED, node, lines.join('\n'));
  }

  /** Records what the harness read of a node. */
  note(what: string, node: string, detail: string): void {
    this.recorder.record({ kind: 'act', what, node, atNs: this.recorder.nowNs(), detail });
  }

  /** Waits until `found` gives something of the history, frames included; it is given what came from `sinceNs` on, to look at and not to keep. */
  async wait<T>(
    what: string,
    found: (events: HistoryEvent[]) => T | undefined | false,
    wait: SceneWait = {},
  ): Promise<T> {
    const { withinMs = 5000, sinceNs = 0, isPromise = false } = wait;
    let isUpToDate = true;
    const look = () => {
      isUpToDate = this.refresh();
      return found(this.recorder.glimpse(sinceNs));
    };
    return until(look, { what, withinMs, everyMs: 10, isPromise, lags: () => !isUpToDate });
  }

  /** Whether so much time is over since then, and what the machine stood still, or nodes were starved, until it was: no checker waits for longer. */
  isPast(fromNs: number, ms: number): boolean {
    this.refresh();
    return dueNs(this.recorder.events(fromNs), fromNs, ms) < this.nowNs();
  }

  /**
   * What is to be undone when the test is over, however it ends: in reverse order, what was undone already not again.
   * @returns what undoes it now
   */
  defer(what: string, undo: () => unknown): () => Promise<void> {
    const deferred = { what, undo, isDone: false };
    this.deferred.push(deferred);
    return () => undone(deferred);
  }

  /** Ends a timer with the test at the latest; gives what ends it now. */
  stops(timer: NodeJS.Timeout): () => void {
    const stop = () => clearInterval(timer);
    this.defer('a timer', stop);
    return stop;
  }

  /** Undoes all that is left to undo, and ends every load. Gives what could not be undone, and why. */
  async undoAll(): Promise<string[]> {
    const left = this.deferred.splice(0).reverse();
    const problems: string[] = [];
    for (const deferred of left)
      await undone(deferred).catch((error: unknown) => problems.push(`${deferred.what}: ${String(error)}`));
    await this.client.stopAll().catch((error: unknown) => problems.push(`traffic: ${String(error)}`));
    return problems;
  }

  nowNs = (): number => this.recorder.nowNs();
}
