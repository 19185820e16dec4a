import { connect, type Socket } from 'node:net';
import {
  decodeAnswer,
  decodeRequest,
  encodeRequest,
  FrameReader,
  isIntact,
  leastRequestBytes,
  toFrame,
} from './frame.ts';
import { localEnd } from './http-request.ts';
import { type Probe, parseTarget, type TcpFlows } from './message.ts';
import { codeOf, outcomeOf } from './outcome.ts';
import { Pending } from './pending.ts';

/**
 * One long connection. Every message is a probe; when the connection breaks, what waits for an answer ends as the connection
 * did, and if nothing waits, one more probe is said to have ended so: no break goes unseen.
 */
export class TcpFlow {
  readonly #number: number;
  readonly #options: TcpFlows;
  readonly #socket: Socket;
  readonly #frames = new FrameReader();
  readonly #opened = Promise.withResolvers<void>();
  readonly pending: Pending;
  #sequence = 0;
  #state: 'connecting' | 'open' | 'over' = 'connecting';

  constructor(name: string, number: number, options: TcpFlows, probe: (probe: Probe) => void) {
    const { host, port } = parseTarget(options.target);
    this.#number = number;
    this.#options = options;
    this.#socket = connect({ host, port, noDelay: true });
    const local = localEnd(this.#socket);
    this.pending = new Pending('tcp', () => `${name} ${local()} > ${options.target}`, probe);
    this.#listen();
  }

  /** Connected, or failed to. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Send the next message, if the connection stands. */
  send(): void {
    if (this.#state !== 'open') return;
    const request = encodeRequest(this.#number, this.#sequence, this.#options.payloadBytes);
    this.pending.sent(this.#sequence);
    this.#sequence += 1;
    this.#socket.write(toFrame(request));
  }

  /** Close the connection. What still waits is lost. */
  close(): void {
    if (this.#state !== 'over') this.#over();
    this.pending.giveUp('lost');
  }

  #listen(): void {
    const timer = setTimeout(() => this.#broken('lost'), this.#options.timeoutMs);
    this.#socket.on('connect', () => {
      clearTimeout(timer);
      this.#state = 'open';
      this.#opened.resolve();
    });
    this.#socket.on('data', (piece: Buffer) => this.#received(piece));
    this.#socket.on('end', () => this.#broken('reset'));
    this.#socket.on('error', (error) => {
      clearTimeout(timer);
      this.#broken(outcomeOf(codeOf(error)));
    });
  }

  #received(piece: Buffer): void {
    try {
      for (const message of this.#frames.push(piece)) this.#answered(message);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#broken('corrupt');
    }
  }

  #answered(message: Buffer): void {
    const answer = decodeAnswer(message);
    const numbers = answer && decodeRequest(answer.request);
    if (!answer || !numbers) {
      this.#broken('corrupt');
      return;
    }
    const whole = answer.request.length === Math.max(this.#options.payloadBytes, leastRequestBytes);
    const intact = whole && numbers.flow === this.#number && isIntact(answer.request);
    this.pending.answered(numbers.sequence, answer.server, intact);
  }

  #broken(outcome: Probe['outcome']): void {
    if (this.#state === 'over') return;
    this.#over();
    if (this.pending.size === 0) this.pending.sent(this.#sequence);
    this.pending.giveUp(outcome);
  }

  #over(): void {
    this.#state = 'over';
    this.#socket.destroy();
    this.#opened.resolve();
  }
}
