import type { StartedTestContainer } from 'testcontainers';
import { until } from '../clock/until.ts';
import type { Lab } from '../lab/lab.ts';
import { LabView } from '../lab/view.ts';
import type { LabNode } from '../node/node.ts';
import { LabClient } from './lab-client.ts';
import type { OwnContainers } from './own-containers.ts';
import { awaitServing, goAgainTo, goExactlyTo, goNoLongerTo, servingOn } from './serving.ts';
import { StartedNode } from './started-node.ts';

/** More than a failed server needs to fail two checks, and a node to be reloaded. */
const WITHIN_MS = 10_000;

/** A running lab: its addresses, its nodes, and its client. */
export class StartedOneVipLab implements AsyncDisposable {
  private readonly lab: Lab;
  private readonly containers: OwnContainers;
  private readonly client: LabClient;
  private readonly draining = new Set<string>();

  constructor(lab: Lab, containers: OwnContainers) {
    this.lab = lab;
    this.containers = containers;
    const [node] = lab.nodes('client');
    if (!node) throw new Error(`the topology ${lab.plan.topology} has no client`);
    this.client = new LabClient(node, this.getClusterAddress());
  }

  /** As `onevip inspect`, `capture` and `shell` take it. */
  getName(): string {
    return this.lab.name;
  }

  /** The address that the cluster is asked at: the only public one; the first one where there are several. */
  getClusterAddress(): string {
    return new LabView(this.lab).cluster;
  }

  /** The port of a service at the cluster address. */
  getPort(service: string): number {
    const found = this.lab.plan.services.find(({ name }) => name === service);
    if (!found) throw new Error(`the topology ${this.lab.plan.topology} has no service ${service}`);
    return found.port;
  }

  /** Connections and requests from outside, as a client of the cluster makes them. */
  getClient(): LabClient {
    return this.client;
  }

  /** A node by its name in the topology: client1, router, fw1, nlb1, server1, … */
  getNode(name: string): StartedNode {
    return new StartedNode(this.lab, this.lab.node(name), this.containers.get(name));
  }

  /** The servers by name, in the topology's order. */
  getServerNames(): string[] {
    return this.lab.nodes('server').map(({ name }) => name);
  }

  /** The container of one's own that was put in a server's place. */
  getContainer(server: string): StartedTestContainer {
    const container = this.containers.get(server);
    if (!container) throw new Error(`${server} is no container of one's own: withServer('${server}', …) makes it one`);
    return container;
  }

  /** The load balancer that leads and the one that stands by, once it is so. */
  async getPair(): Promise<{ active: StartedNode; standby: StartedNode }> {
    const { active, standby } = await this.lab.pair(WITHIN_MS);
    return { active: this.getNode(active.name), standby: this.getNode(standby.name) };
  }

  /** Waits until this load balancer leads, whether or not the other one is there. */
  async waitForLeader(name: string, timeoutMs = WITHIN_MS): Promise<void> {
    const leads = async () => (await leaderOf(this.lab))?.name === name;
    await until(leads, { what: `${name} leads`, withinMs: timeoutMs, everyMs: 10 });
  }

  /** Of each service, the servers that its new connections go to now, by the word of the load balancer that leads. */
  async getServing(): Promise<Record<string, string[]>> {
    const serving = async () => {
      const leader = await leaderOf(this.lab);
      return leader && servingOn(this.lab, leader);
    };
    return until(serving, {
      what: 'a load balancer leads and says whom it sends to',
      withinMs: WITHIN_MS,
      everyMs: 20,
    });
  }

  /** Waits until the new connections of every service go to exactly these servers, by both load balancers. */
  waitForServing(servers: readonly string[], timeoutMs = WITHIN_MS): Promise<void> {
    return awaitServing(this.lab, goExactlyTo(servers), timeoutMs);
  }

  /** Takes a server out of service: once this has settled it gets no new connections, and keeps those that it has. */
  async drain(server: string): Promise<void> {
    this.draining.add(this.lab.node(server).name);
    await this.reload();
    await awaitServing(this.lab, goNoLongerTo(server), WITHIN_MS);
  }

  /** Puts a drained server back into service. */
  async undrain(server: string): Promise<void> {
    this.draining.delete(server);
    await this.reload();
    await awaitServing(this.lab, goAgainTo(server), WITHIN_MS);
  }

  /** One load balancer after the other, as an operator does it. */
  private async reload(): Promise<void> {
    for (const node of this.lab.nodes('nlb')) await this.lab.reload(node, { draining: [...this.draining] });
  }

  /** Removes all of it, containers of one's own too. Once is enough, and twice does no harm. */
  async stop(): Promise<void> {
    this.client.close();
    await this.lab.down();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** The load balancer that leads, by its own word; undefined while there is none, or two say so. */
async function leaderOf(lab: Lab): Promise<LabNode | undefined> {
  const nodes = lab.nodes('nlb');
  const roles = await Promise.all(nodes.map(lab.use('role')));
  const leaders = nodes.filter((_, i) => roles[i] === 'active');
  return leaders.length === 1 ? leaders[0] : undefined;
}
