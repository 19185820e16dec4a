import { badLabName } from '../driver/lab-name.ts';
import { bringUp, type Lab } from '../lab/lab.ts';
import { systemNamed } from '../system/systems.ts';
import { loadPlan } from '../topology/load.ts';
import type { Plan } from '../topology/plan.ts';
import { type OwnContainers, prepareEngine, type ServerContainer, startContainers } from './own-containers.ts';
import { awaitServing, goExactlyTo } from './serving.ts';
import { StartedOneVipLab } from './started-lab.ts';

const START_WITHIN_MS = 60_000;

/**
 * A whole lab of containers for a test: clients, firewalls, the load balancer pair, and servers, of which any can be a container of
 * one's own.
 *
 *     await using lab = await new OneVipLab('invention').withServices('http').withServer('server1', new GenericContainer('nginx')).start();
 *
 * It needs root, and an engine that runs as root on this machine.
 */
export class OneVipLab {
  private readonly topology: string;
  private readonly containers = new Map<string, ServerContainer>();
  private name: string | undefined;
  private count: number | undefined;
  private services: string[] | undefined;
  private timeoutMs = START_WITHIN_MS;

  /** @param topology the name of one of the project's topologies, or the path of a file with one's own */
  constructor(topology = 'invention') {
    this.topology = topology;
  }

  /** 1 to 32 of a-z, 0-9 and -; made up where none is given. Commands such as `onevip inspect` find the lab by it. */
  withName(name: string): this {
    this.name = name;
    return this;
  }

  /** How many servers there are, instead of as many as the topology says. */
  withServerCount(count: number): this {
    this.count = count;
    return this;
  }

  /**
   * Puts a container behind the pair in place of the lab's own server of that name. It is started by `start`, in the server's network: with
   * the server's address, and with the cluster address on its loopback. It must answer on the ports of all services (`withServices`).
   * It publishes no ports: clients of the lab reach it through the pair.
   */
  withServer(name: string, container: ServerContainer): this {
    this.containers.set(name, container);
    return this;
  }

  /** The services of the topology that the pair serves; all of them where none is named. */
  withServices(...names: string[]): this {
    this.services = names;
    return this;
  }

  /** How long the lab may take to serve once it is made. */
  withStartupTimeout(timeoutMs: number): this {
    this.timeoutMs = timeoutMs;
    return this;
  }

  /**
   * Makes the lab, and waits until both load balancers send new connections to every server, and one from the client opens. Where
   * that fails, nothing is left.
   * @throws saying what is wrong with the settings, what the machine lacks, or who does not serve
   */
  async start(): Promise<StartedOneVipLab> {
    const plan = loadPlan(this.topology, this.count === undefined ? {} : { servers: this.count });
    const problems = this.problems(plan);
    if (problems.length > 0) throw new Error(`this lab cannot be made: ${problems.join('; ')}`);
    await prepareEngine();
    const started: OwnContainers = new Map();
    const lab = await bringUp({
      plan,
      system: systemNamed(),
      driver: 'docker',
      guests: [...this.containers.keys()],
      ...(this.name !== undefined && { name: this.name }),
      ...(this.services && { pair: { services: this.services } }),
      onNetwork: (made) => startContainers(made, this.containers, started),
    });
    return this.whenServing(lab, started);
  }

  private async whenServing(lab: Lab, started: OwnContainers): Promise<StartedOneVipLab> {
    try {
      const everyone = lab.nodes('server').map(({ name }) => name);
      await Promise.all([lab.pair(this.timeoutMs), awaitServing(lab, goExactlyTo(everyone), this.timeoutMs)]);
      const made = new StartedOneVipLab(lab, started);
      for (const port of this.ports(lab.plan)) await made.getClient().waitForConnection(port, this.timeoutMs);
      return made;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** Those at which a connection shows that all between the client and the servers is ready. */
  private ports({ services }: Plan): number[] {
    const served = services.filter(({ name }) => this.services?.includes(name) ?? true);
    return served.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port);
  }

  private problems({ topology, nodes, services }: Plan): string[] {
    const servers = nodes.filter(({ kind }) => kind === 'server').map(({ name }) => name);
    const badName = this.name === undefined ? undefined : badLabName(this.name);
    const containers = [...this.containers.values()];
    return [
      ...(badName === undefined ? [] : [badName]),
      ...unknown('server', [...this.containers.keys()], servers, topology),
      ...unknown(
        'service',
        this.services ?? [],
        services.map(({ name }) => name),
        topology,
      ),
      ...(new Set(containers).size < containers.length
        ? ['one container cannot be two servers: make another one']
        : []),
    ];
  }
}

const unknown = (what: string, wanted: readonly string[], known: readonly string[], topology: string): string[] =>
  wanted
    .filter((name) => !known.includes(name))
    .map((name) => `the topology ${topology} has no ${what} ${name}; it has ${known.join(', ')}`);
