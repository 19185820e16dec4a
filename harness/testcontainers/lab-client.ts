import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import { isIPv4, Socket } from 'node:net';
import { SyscallError } from '../capture/libc.ts';
import { openStreamSocket } from '../capture/stream-socket.ts';
import { until } from '../clock/until.ts';
import type { LabNode } from '../node/node.ts';

/** How long one connection may take before the next one is tried: a lost SYN would be sent again after a second. */
const TRY_FOR_MS = 200;

/** Local ports, below those that Linux chooses from (`net.ipv4.ip_local_port_range`). */
const [FIRST_PORT, AFTER_LAST_PORT] = [10_000, 32_768];

/**
 * The lab's client, as a place to connect from: sockets are this process's own, and are in the client's network. What they carry
 * takes the way of any client's packets, through router, firewalls and load balancers. Each has the next local port: the kernel goes
 * through its ports for all labs together, so one that it chooses may be that of a connection that has just ended, and such a SYN
 * goes where that connection was (FWD-5), even to a server that drains.
 */
export class LabClient {
  private readonly node: Pick<LabNode, 'inside'>;
  private readonly clusterAddress: string;
  private readonly sockets = new Set<Socket>();
  private readonly agents = new Set<Agent>();
  private nextPort = FIRST_PORT;

  constructor(node: Pick<LabNode, 'inside'>, clusterAddress: string) {
    this.node = node;
    this.clusterAddress = clusterAddress;
  }

  /** Opens a TCP connection to the cluster address, or to another IPv4 address; errors are events of the socket, as with `net.connect`. */
  connect(port: number, address: string = this.clusterAddress): Socket {
    if (!isIPv4(address)) throw new Error(`the lab has no names: connect to an IPv4 address, not to "${address}"`);
    const socket = new Socket({ fd: this.node.inside(() => this.openSocket()) });
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    return socket.connect(port, address);
  }

  /** In the network that the calling thread is in. */
  private openSocket(): number {
    for (let tried = FIRST_PORT; tried < AFTER_LAST_PORT; tried += 1) {
      const port = this.nextPort;
      this.nextPort = port + 1 < AFTER_LAST_PORT ? port + 1 : FIRST_PORT;
      try {
        return openStreamSocket(port);
      } catch (error) {
        if (!(error instanceof SyscallError && error.errno === 'EADDRINUSE')) throw error;
      }
    }
    throw new Error(
      `the lab's client has no free port from ${FIRST_PORT} to ${AFTER_LAST_PORT - 1}: close connections`,
    );
  }

  /**
   * For `http.request`: its requests go out of the client's network. Without options each has a connection of its own; with
   * `keepAlive` they share connections.
   */
  agent(options: AgentOptions = {}): Agent {
    const agent = new ClientAgent(this, options);
    this.agents.add(agent);
    return agent;
  }

  /** Waits until a connection to the cluster address opens. */
  async waitForConnection(port: number, timeoutMs: number): Promise<void> {
    const what = `a connection to ${this.clusterAddress}:${port} opens`;
    await until(() => this.opens(port), { what, withinMs: timeoutMs, everyMs: 20 });
  }

  private async opens(port: number): Promise<boolean> {
    const socket = this.connect(port).setTimeout(TRY_FOR_MS);
    const tried = Promise.withResolvers<boolean>();
    socket.once('connect', () => tried.resolve(true));
    socket.once('timeout', () => tried.resolve(false));
    socket.once('error', () => tried.resolve(false));
    return tried.promise.finally(() => socket.destroy());
  }

  /** Cuts off whatever is still open. */
  close(): void {
    for (const agent of this.agents) agent.destroy();
    for (const socket of this.sockets) socket.destroy();
  }
}

class ClientAgent extends Agent {
  private readonly client: LabClient;

  constructor(client: LabClient, options: AgentOptions) {
    super(options);
    this.client = client;
  }

  override createConnection({ host, port }: ClientRequestArgs): Socket {
    return this.client.connect(Number(port), host ?? undefined);
  }
}
