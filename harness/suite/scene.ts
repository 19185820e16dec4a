import { openSender, type PacketSender } from '../capture/packet-sender.ts';
import type { OwnLeg } from '../check/addresses.ts';
import type { Path, Service } from '../check/forwarding.ts';
import { arpsOf, type Port } from '../check/seen.ts';
import { until } from '../clock/until.ts';
import { deviceIndex } from '../driver/device.ts';
import { execa } from 'execa';
import type { HistoryEvent, ScriptRan } from '../history/event.ts';
import type { Recorder } from '../history/recorder.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabNode } from '../node/node.ts';
import type { Role } from '../system/system.ts';
import type { Client } from '../traffic/client-handle.ts';
import type { Ipv4, Mac } from '../topology/address.ts';
import type { NodeKind } from '../topology/plan.ts';
import { takeCensus } from '../lab/census.ts';

export interface SceneParts {
  lab: Lab;
  recorder: Recorder;
  client: Client;
  /** Brings what has been seen until now into the history, as far as that needs no waiting. */
  refresh: () => void;
}

/** What a test has in hand: a running lab, a client in it, and the history to which everything goes. */
export class Scene {
  readonly lab: Lab;
  readonly client: Client;
  readonly recorder: Recorder;
  private readonly refresh: () => void;
  /** Kept open: closing one waits for every reader of packets in the kernel, some ten milliseconds. */
  private readonly senders = new Map<string, PacketSender>();

  constructor({ lab, recorder, client, refresh }: SceneParts) {
    this.lab = lab;
    this.recorder = recorder;
    this.refresh = refresh;
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

  /** A leg's place on its LAN, as checkers name it. */
  port(node: string, leg: string): Port {
    return { lan: this.lan(this.leg(node, leg).segment), node, leg };
  }

  /** Every port of nodes of a kind. */
  ports(kind: NodeKind): Port[] {
    const nodes = this.lab.nodes(kind);
    return nodes.flatMap(({ name, home }) => home.plan.legs.map((leg) => this.port(name, leg.name)));
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
        this.refresh();
        return this.recorder.events().find((event): event is E => event.atNs >= sinceNs && fits(event));
      },
      { what, withinMs },
    );
  }

  /** Waits until so many ARP requests for the address were sent, by anybody, from `sinceNs` on. */
  async heardAsking(address: string, times: number, sinceNs = 0): Promise<void> {
    await until(
      () => {
        this.refresh();
        const since = this.recorder.events().filter(({ atNs }) => atNs >= sinceNs);
        const asked = arpsOf(since, { direction: 'sent' }).filter(
          ({ arp }) => arp.operation === 'request' && arp.targetIp === address && arp.senderIp !== address,
        );
        return asked.length >= times;
      },
      { what: `${times} ARP requests for ${address}`, withinMs: 3000, everyMs: 10 },
    );
  }

  /** Waits until the node has entered a state, by the mark that its state script leaves. */
  async runsScript(node: string, state: Role, sinceNs = 0): Promise<void> {
    const ran = (event: HistoryEvent): event is ScriptRan =>
      event.kind === 'script' && event.node === node && event.state === state;
    await this.seen(`${node} ran its script of the state ${state}`, ran, { sinceNs, withinMs: 10_000 });
  }

  /** Waits until the node says that it is in a state. For waiting only: verdicts come from what was seen. */
  async becomes(node: string, role: Role, withinMs = 5000): Promise<void> {
    const handle = this.lab.node(node);
    await until(async () => (await this.lab.system.role(handle)) === role, {
      what: `${node} becomes ${role}`,
      withinMs,
      everyMs: 20,
    });
  }

  /** Takes the switch's end of a leg down, so that the node sees its cable pulled; and plugs it in again. */
  cut = (node: string, leg: string): Promise<void> => this.setPort(node, leg, 'down');
  heal = (node: string, leg: string): Promise<void> => this.setPort(node, leg, 'up');

  private async setPort(node: string, leg: string, state: 'up' | 'down'): Promise<void> {
    const netns = this.lab.lanNetns(this.port(node, leg).lan);
    await execa('ip', ['-n', netns, 'link', 'set', this.leg(node, leg).port, state]);
  }

  nowNs = (): number => this.recorder.nowNs();

  /** Sends a frame from a leg of a node, as if a program there had made it. */
  inject(node: string, leg: string, frame: Uint8Array): void {
    const key = `${node}/${leg}`;
    const known = this.senders.get(key);
    const sender = known ?? this.lab.node(node).inside(() => openSender(deviceIndex(leg)));
    if (!known) this.senders.set(key, sender);
    sender.send(frame);
  }

  close(): void {
    for (const sender of this.senders.values()) sender.close();
  }
}
