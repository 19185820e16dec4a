import { until } from '../clock/until.ts';
import type { HistoryEvent } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import type { Lab } from '../lab/lab.ts';
import type { Watch } from '../lab/watch.ts';
import type { LabNode } from '../node/node.ts';
import type { Client } from '../traffic/client-handle.ts';
import type { Ipv4, Mac } from '../topology/address.ts';
import { takeCensus } from '../lab/census.ts';

export interface SceneParts {
  lab: Lab;
  recorder: Recorder;
  watch: Watch;
  client: Client;
}

/** What a test has in hand: a running lab, a client in it, and the history to which everything goes. */
export class Scene {
  readonly lab: Lab;
  readonly client: Client;
  readonly recorder: Recorder;
  private readonly watch: Watch;

  constructor({ lab, recorder, watch, client }: SceneParts) {
    this.lab = lab;
    this.recorder = recorder;
    this.watch = watch;
    this.client = client;
  }

  get cluster(): Ipv4 {
    const [first] = this.lab.plan.addresses.cluster;
    if (first === undefined) throw new Error(`the topology ${this.lab.plan.topology} has no cluster address`);
    return first;
  }

  get nlbs(): Ipv4 {
    return this.lab.plan.addresses.nlbs;
  }

  /** The plan's own address of a leg, without its prefix length. */
  address(node: string, leg: string): Ipv4 {
    return this.leg(node, leg).address.split('/')[0] as Ipv4;
  }

  mac(node: string, leg: string): Mac {
    return this.leg(node, leg).mac;
  }

  /** Name of the LAN that carries a segment. */
  lan(segment: string): string {
    const found = this.lab.plan.segments.find(({ name }) => name === segment);
    if (!found) throw new Error(`the topology ${this.lab.plan.topology} has no segment ${segment}`);
    return found.lan;
  }

  private leg(node: string, leg: string) {
    const found = this.lab.node(node).home.plan.legs.find(({ name }) => name === leg);
    if (!found) throw new Error(`${node} has no leg ${leg}`);
    return found;
  }

  get servers(): LabNode[] {
    return this.lab.nodes('server');
  }

  /** Does something to the lab and records when it began and when it was over. */
  async act<T>(what: string, node: string | undefined, action: () => T | Promise<T>): Promise<T> {
    const atNs = this.recorder.nowNs();
    const result = await action();
    this.recorder.record({ kind: 'act', what, atNs, untilNs: this.recorder.nowNs(), ...(node ? { node } : {}) });
    return result;
  }

  /** Records every address and route of the running lab. */
  async census(): Promise<void> {
    this.recorder.record(await takeCensus(this.lab, () => this.recorder.nowNs()));
  }

  /** Waits until the history, frames included, holds an event that fits. Looks at events from `sinceNs` on. */
  async seen<E extends HistoryEvent>(
    what: string,
    fits: (event: HistoryEvent) => event is E,
    { withinMs = 3000, sinceNs = 0 }: { withinMs?: number; sinceNs?: number } = {},
  ): Promise<E> {
    return until(
      () => {
        this.watch.drain();
        return this.recorder.events().find((event): event is E => event.atNs >= sinceNs && fits(event));
      },
      { what, withinMs },
    );
  }

  nowNs = (): number => this.recorder.nowNs();
}
