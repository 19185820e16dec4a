import { openSender, type PacketSender } from '../capture/packet-sender.ts';
import { deviceIndex } from '../driver/device.ts';
import type { LabNode } from '../node/node.ts';
import type { Ipv4, Mac } from '../topology/address.ts';
import type { LegPlan, NodeKind } from '../topology/plan.ts';
import type { Lab } from './lab.ts';

/** A leg's place on its LAN, as the history names it. */
export interface LegPlace {
  lan: string;
  node: string;
  leg: string;
}

/** A running lab by the names of its plan: where its parts are, and a way to put frames between them. Suites and benchmarks look through it. */
export class LabView {
  readonly lab: Lab;
  /** Kept open: closing one waits for every reader of packets in the kernel, some ten milliseconds. */
  private readonly senders = new Map<string, PacketSender>();

  constructor(lab: Lab) {
    this.lab = lab;
  }

  /** The first cluster address. */
  get cluster(): Ipv4 {
    const [first] = this.lab.plan.addresses.cluster;
    if (first === undefined) throw new Error(`the topology ${this.lab.plan.topology} has no cluster address`);
    return first;
  }

  get nlbs(): Ipv4 {
    return this.lab.plan.addresses.nlbs;
  }

  get servers(): LabNode[] {
    return this.lab.nodes('server');
  }

  /** The plan's own address of a leg, without its prefix length. */
  address(node: string, leg: string): Ipv4 {
    return this.leg(node, leg).address.split('/')[0] as Ipv4;
  }

  mac(node: string, leg: string): Mac {
    return this.leg(node, leg).mac;
  }

  port(node: string, leg: string): LegPlace {
    return { lan: this.lan(this.leg(node, leg).segment), node, leg };
  }

  /** Every port of nodes of a kind. */
  ports(kind: NodeKind): LegPlace[] {
    const nodes = this.lab.nodes(kind);
    return nodes.flatMap(({ name, home }) => home.plan.legs.map((leg) => this.port(name, leg.name)));
  }

  /** Name of the LAN that carries a segment. */
  lan(segment: string): string {
    const found = this.lab.plan.segments.find(({ name }) => name === segment);
    if (!found) throw new Error(`the topology ${this.lab.plan.topology} has no segment ${segment}`);
    return found.lan;
  }

  /** The plan of a leg. */
  leg(node: string, leg: string): LegPlan {
    const found = this.lab.node(node).home.plan.legs.find(({ name }) => name === leg);
    if (!found) throw new Error(`${node} has no leg ${leg}`);
    return found;
  }

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
