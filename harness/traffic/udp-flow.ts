import { createSocket, type Socket } from 'node:dgram';
import { decodeAnswer, decodeRequest, encodeRequest, isIntact, leastRequestBytes } from './frame.ts';
import { type Probe, parseTarget, type UdpProbes } from './message.ts';
import { nowNs } from './operation.ts';
import { codeOf, outcomeOf } from './outcome.ts';
import { Pending } from './pending.ts';

/** Datagrams from one source port. The socket is connected, so that the kernel reports a refused datagram. */
export class UdpFlow {
  readonly #number: number;
  readonly #timeoutMs: number;
  readonly #socket: Socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  readonly #opened = Promise.withResolvers<void>();
  readonly pending: Pending;
  #local = 'unbound';
  #sequence = 0;

  constructor(name: string, number: number, { target, timeoutMs }: UdpProbes, probe: (probe: Probe) => void) {
    const { host, port } = parseTarget(target);
    this.#timeoutMs = timeoutMs;
    this.#number = number;
    this.pending = new Pending('udp', () => `${name} ${this.#local} > ${target}`, probe);
    this.#socket.on('message', (message) => this.#received(message));
    // An ICMP error says nothing about which datagram it quotes; answers come in order, so the oldest is meant.
    this.#socket.on('error', (error) => this.pending.giveUpOne(this.pending.oldest(), outcomeOf(codeOf(error))));
    this.#socket.connect(port, host, (error?: Error) => this.#connected(error));
  }

  /** Bound to a port, or failed to be: without a route to the target. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  send(): void {
    const sequence = this.#sequence;
    this.#sequence += 1;
    this.pending.sent(sequence);
    if (this.#local === 'unbound') this.pending.giveUpOne(sequence, 'lost');
    else this.#put(sequence, 'again');
  }

  /** Give up what has waited for too long. */
  expire(): void {
    this.pending.giveUp('lost', nowNs() - BigInt(Math.round(this.#timeoutMs * 1e6)));
  }

  close(): void {
    this.#socket.close();
    this.pending.giveUp('lost');
  }

  #connected(error?: Error): void {
    if (!error) {
      const { address, port } = this.#socket.address();
      this.#local = `${address}:${port}`;
    }
    this.#opened.resolve();
  }

  /**
   * The kernel tells an earlier datagram's refusal when the next is sent, and does not send that one: it goes out again. Each
   * attempt settles one earlier probe; when none is left, there is one attempt more, for one that was given up before.
   */
  #put(sequence: number, then: 'again' | 'no more'): void {
    this.#socket.send(encodeRequest(this.#number, sequence, leastRequestBytes), (error) => {
      if (!error) return;
      const earlier = codeOf(error) === 'ECONNREFUSED' ? this.pending.oldest(sequence) : undefined;
      const isItsOwn = codeOf(error) !== 'ECONNREFUSED' || (earlier === undefined && then === 'no more');
      this.pending.giveUpOne(isItsOwn ? sequence : earlier, outcomeOf(codeOf(error)));
      if (!isItsOwn) this.#put(sequence, earlier === undefined ? 'no more' : then);
    });
  }

  #received(message: Buffer): void {
    // A program that was held up may see an answer before the timer that would have given it up.
    this.expire();
    const answer = decodeAnswer(message);
    const numbers = answer && decodeRequest(answer.request);
    if (!answer || !numbers) {
      this.pending.giveUpOne(this.pending.oldest(), 'corrupt');
      return;
    }
    const intact = numbers.flow === this.#number && isIntact(answer.request);
    this.pending.answered(numbers.sequence, answer.server, intact);
  }
}
