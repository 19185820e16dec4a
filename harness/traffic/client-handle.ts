import type { Readable, Writable } from 'node:stream';
import type { ProbeEnded, Watched } from '../history/event.ts';
import {
  type Command,
  type HttpRequests,
  LineReader,
  type Probe,
  type Saying,
  type Summary,
  type TcpFlows,
  type UdpProbes,
} from './message.ts';

/** A running `client.ts`, however it was started. */
interface ClientProcess {
  stdin: Writable;
  stdout: Readable;
}

interface ClientOptions {
  /** The node that it runs on, for the history. */
  node: string;
  /** Where probes go, and the proof that probes were sent; an open history's `record` fits. */
  record: (event: ProbeEnded | Watched) => void;
  /** Moves nanoseconds of CLOCK_MONOTONIC onto the history's clock. */
  toHistoryNs: (monotonicNs: bigint) => number;
}

/** How a command went: every probe, and what can be said of all. */
export interface LoadResult {
  probes: ProbeEnded[];
  summary: Summary;
}

/** Flows or probes that run until they are stopped. */
export interface Load {
  /** The probes that have ended until now. */
  readonly probes: readonly ProbeEnded[];
  /** Send no more, wait for the answers that may still come (the command's time-out at most), close. Twice is once. */
  stop(): Promise<LoadResult>;
}

interface Running {
  probes: ProbeEnded[];
  opened: PromiseWithResolvers<void>;
  ended: PromiseWithResolvers<LoadResult>;
}

const usual = { timeoutMs: 2000 };

/** The harness's end of a client: traffic is a method call, and every probe ends in the history. */
export class Client {
  readonly #child: ClientProcess;
  readonly #options: ClientOptions;
  readonly #running = new Map<string, Running>();
  readonly #ready = Promise.withResolvers<void>();
  #count = 0;
  #gone: Error | undefined;

  constructor(child: ClientProcess, options: ClientOptions) {
    this.#child = child;
    this.#options = options;
    const lines = new LineReader();
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (piece: string) => {
      for (const line of lines.push(piece)) this.#heard(JSON.parse(line) as Saying);
    });
    child.stdout.on('close', () => this.#lost());
    child.stdin.on('error', () => this.#lost());
  }

  /** The program takes commands. Rejects if it ended before. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Make HTTP requests, each on a new connection, and wait until each has ended. One at a time, if nothing is said. */
  async httpRequests(options: Partial<HttpRequests> & Pick<HttpRequests, 'target' | 'count'>): Promise<LoadResult> {
    return this.#begin({ do: 'httpRequests', concurrency: 1, ...usual, ...options }).ended.promise;
  }

  /** Open TCP connections to an echo service, and send on each until stopped. Resolves when each is open or has failed. */
  startTcpFlows(options: Partial<TcpFlows> & Pick<TcpFlows, 'target' | 'count'>): Promise<Load> {
    return this.#start({ do: 'tcpFlows', intervalMs: 100, payloadBytes: 64, ...usual, ...options });
  }

  /** Send datagrams to an echo service until stopped. */
  startUdpProbes(options: Partial<UdpProbes> & Pick<UdpProbes, 'target' | 'perSecond'>): Promise<Load> {
    return this.#start({ do: 'udpProbes', sourcePorts: 1, ...usual, ...options });
  }

  /** Stop every flow and probe that still runs, and wait until they have ended. */
  async stopAll(): Promise<void> {
    const running = [...this.#running];
    for (const [id] of running) this.#tell({ id, do: 'stop' });
    await Promise.all(running.map(([, { ended }]) => ended.promise));
  }

  /** Let the program end. What runs is cut off. */
  close(): void {
    this.#child.stdin.end();
  }

  async #start(command: Unnamed): Promise<Load> {
    const { probes, opened, ended, id } = this.#begin(command);
    await opened.promise;
    return {
      probes,
      stop: () => {
        this.#tell({ id, do: 'stop' });
        return ended.promise;
      },
    };
  }

  #begin(command: Unnamed): Running & { id: string } {
    this.#count += 1;
    const id = `${this.#options.node}.${this.#count}`;
    const running = { probes: [], opened: Promise.withResolvers<void>(), ended: Promise.withResolvers<LoadResult>() };
    // Whoever waits for one of the two is told; nobody need wait for both.
    running.opened.promise.catch(() => {});
    running.ended.promise.catch(() => {});
    this.#running.set(id, running);
    this.#tell({ ...command, id });
    if (this.#gone) this.#fail(id, this.#gone);
    return { ...running, id };
  }

  #tell(command: Command): void {
    if (!this.#gone) this.#child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  #heard(saying: Saying): void {
    if ('ready' in saying) this.#ready.resolve();
    else if ('probes' in saying) for (const probe of saying.probes) this.#ended(probe);
    else if ('opened' in saying) this.#running.get(saying.opened)?.opened.resolve();
    else if ('ended' in saying) this.#over(saying.ended, saying.summary);
    else this.#fail(saying.id, new Error(`client ${this.#options.node}: ${saying.problem}`));
  }

  #ended({ sentNs, answeredNs, ...probe }: Probe): void {
    const { node, toHistoryNs, record } = this.#options;
    const answered = answeredNs === undefined ? {} : { answeredNs: toHistoryNs(BigInt(answeredNs)) };
    const event: ProbeEnded = { kind: 'probe', atNs: toHistoryNs(BigInt(sentNs)), node, ...probe, ...answered };
    record(event);
    this.#running.get(commandOf(probe.flow))?.probes.push(event);
  }

  #over(id: string, summary: Summary): void {
    const { node, toHistoryNs, record } = this.#options;
    const atNs = toHistoryNs(BigInt(summary.startedNs));
    const untilNs = toHistoryNs(BigInt(summary.endedNs));
    record({ kind: 'watched', atNs, untilNs, what: 'probes', where: node, missed: summary.missed });
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.ended.resolve({ probes: running.probes, summary });
  }

  #fail(id: string, error: Error): void {
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.opened.reject(error);
    running?.ended.reject(error);
  }

  #lost(): void {
    this.#gone ??= new Error(`the client program on ${this.#options.node} has ended`);
    this.#ready.promise.catch(() => {});
    this.#ready.reject(this.#gone);
    for (const id of this.#running.keys()) this.#fail(id, this.#gone);
  }
}

type Unnamed = Command extends infer C ? (C extends unknown ? Omit<C, 'id'> : never) : never;

/** A flow's name begins with its command and its number there: `client1.4.17 198.51.100.10:40123 > 203.0.113.10:80`. */
function commandOf(flow: string): string {
  const [name = ''] = flow.split(' ', 1);
  return name.slice(0, name.lastIndexOf('.'));
}
