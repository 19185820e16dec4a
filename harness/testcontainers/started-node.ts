import type { ExecResult, StartedTestContainer } from 'testcontainers';
import type { Lab } from '../lab/lab.ts';
import { startKeepalived, startServer } from '../lab/populate.ts';
import type { LabNode } from '../node/node.ts';
import { restartOwn } from './own-containers.ts';

/** A node of a running lab, also where it is a container of one's own: what it is, and what can be done to it. */
export class StartedNode {
  private readonly lab: Lab;
  private readonly node: LabNode;
  private readonly container: StartedTestContainer | undefined;

  constructor(lab: Lab, node: LabNode, container: StartedTestContainer | undefined) {
    this.lab = lab;
    this.node = node;
    this.container = container;
  }

  getName(): string {
    return this.node.name;
  }

  /** client, router, firewall, nlb or server. */
  getKind(): string {
    return this.node.home.plan.kind;
  }

  /** The node's own address on a segment; on its first one where none is named. */
  getAddress(segment?: string): string {
    const { legs } = this.node.home.plan;
    const found = legs.find((leg) => segment === undefined || leg.segment === segment);
    if (!found)
      throw new Error(`${this.node.name} is on ${legs.map((leg) => leg.segment).join(', ')}, not on ${segment}`);
    return found.address.split('/')[0] ?? '';
  }

  /** The name by which `ip` enters its network. */
  getNetwork(): string {
    return this.node.home.handle.network;
  }

  /** Runs a command on the node to its end; it does not reject when the command fails. */
  async exec(command: string[]): Promise<Pick<ExecResult, 'exitCode' | 'stdout' | 'stderr'>> {
    if (this.container) return this.container.exec(command);
    const { exitCode, stdout, stderr } = await this.node.run(command);
    if (exitCode === undefined)
      throw new Error(`"${command.join(' ')}" on ${this.node.name} was ended by a signal: ${stderr}`);
    return { exitCode, stdout, stderr };
  }

  /** Kills every process of the node at once. Its network lives on, as after a crash of its programs: the kernel refuses connections. */
  kill(): Promise<void> {
    return this.node.killAll();
  }

  /** Kills the node, and starts again what runs on it. Whether that serves yet is another question: `waitForServing`. */
  async restart(): Promise<void> {
    if (this.container) return restartOwn(this.lab.name, this.node.name);
    await this.node.killAll();
    this.startPrograms();
  }

  /** On clients and routers nothing runs. */
  private startPrograms(): void {
    const { kind } = this.node.home.plan;
    if (kind === 'nlb') this.lab.startSystem(this.node);
    if (kind === 'firewall') startKeepalived(this.node, this.lab.folder);
    if (kind === 'server') startServer(this.lab.plan, this.node);
  }

  /** Stops every process of the node where it stands, as when a machine is paused; its kernel lives on, and accepts connections. */
  freeze(): Promise<void> {
    return this.node.freeze();
  }

  thaw(): Promise<void> {
    return this.node.thaw();
  }
}
