import { createSocket, type Socket } from 'node:dgram';
import { decodeAnswer, decodeRequest, encodeRequest, isIntact, leastRequestBytes } from './frame.ts';
import { type Probe, parseTarget } from './message.ts';
import { nowNs } from './operation.ts';
import { codeOf, outcomeOf } from './outcome.ts';
import { Pending } from './pending.ts';

/** Datagrams from one source port. The socket is connected, so that the kernel reports a refused datagram. */
export class UdpFlow {
  readonly #number: number;
  readonly #socket: Socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  readonly #opened = Promise.withResolvers<void>();
  readonly pending: Pending;
  #local = 'unbound';
  #sequence = 0;

  constructor(name: string, number: number, target: string, probe: (probe: Probe) => void) {
    const { host, port } = parseTarget(target);
    this.#number = number;
    this.pending = new Pending('udp', () => `${name} ${this.#local} > ${target}`, probe);
    this.#socket.on('message', (message) => this.#received(message));
    // An ICMP error says nothing about which datagram it quotes; answers come in order, so the oldest is meant.
    this.#socket.on('error', (error) => this.pending.giveUpOne(undefined, outcomeOf(codeOf(error))));
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

  /** Give up what was sent longer than so many milliseconds ago. */
  expire(timeoutMs: number): void {
    this.pending.giveUp('lost', nowNs() - BigInt(Math.round(timeoutMs * 1e6)));
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

  /** A refusal while sending is that of an earlier datagram, told late; this one was not sent, and goes out again. */
  #put(sequence: number, then: 'again' | 'no more'): void {
    this.#socket.send(encodeRequest(this.#number, sequence, leastRequestBytes), (error) => {
      if (!error) return;
      const refusedEarlier = codeOf(error) === 'ECONNREFUSED' && then === 'again';
      if (!refusedEarlier) return this.pending.giveUpOne(sequence, outcomeOf(codeOf(error)));
      if (this.pending.size > 1) this.pending.giveUpOne(undefined, 'refused');
      this.#put(sequence, 'no more');
    });
  }

  #received(message: Buffer): void {
    const answer = decodeAnswer(message);
    const numbers = answer && decodeRequest(answer.request);
    if (!answer || !numbers) {
      this.pending.giveUpOne(undefined, 'corrupt');
      return;
    }
    const intact = numbers.flow === this.#number && isIntact(answer.request);
    this.pending.answered(numbers.sequence, answer.server, intact);
  }
}
