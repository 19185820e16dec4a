import type { Probe } from './message.ts';
import { nowNs } from './operation.ts';

/** The probes of one flow that wait for their answer, and how many came late or twice. */
export class Pending {
  readonly #protocol: Probe['protocol'];
  readonly #flow: () => string;
  readonly #probe: (probe: Probe) => void;
  /** When each was sent, by sequence: the oldest first. */
  readonly #sentNs = new Map<number, bigint>();
  readonly #givenUp = new Set<number>();
  late = 0;
  duplicate = 0;

  constructor(protocol: Probe['protocol'], flow: () => string, probe: (probe: Probe) => void) {
    this.#protocol = protocol;
    this.#flow = flow;
    this.#probe = probe;
  }

  get size(): number {
    return this.#sentNs.size;
  }

  sent(sequence: number): void {
    this.#sentNs.set(sequence, nowNs());
  }

  /** An answer to this probe came. `intact`: every byte was right. */
  answered(sequence: number, server: string, intact: boolean): void {
    const sentNs = this.#sentNs.get(sequence);
    if (sentNs === undefined) {
      if (this.#givenUp.has(sequence)) this.late += 1;
      else this.duplicate += 1;
      return;
    }
    this.#sentNs.delete(sequence);
    const outcome = intact ? 'answered' : 'corrupt';
    this.#end(sequence, sentNs, { outcome, server, answeredNs: String(nowNs()) });
  }

  /** Give up every probe that was sent before that instant; all of them, if there is none. */
  giveUp(outcome: Probe['outcome'], beforeNs?: bigint): void {
    for (const [sequence, sentNs] of this.#sentNs) {
      if (beforeNs !== undefined && sentNs >= beforeNs) return;
      this.giveUpOne(sequence, outcome);
    }
  }

  /** The probe that waits longest, but for one. */
  oldest(except?: number): number | undefined {
    for (const sequence of this.#sentNs.keys()) if (sequence !== except) return sequence;
    return undefined;
  }

  /** Give up one probe, if it waits. */
  giveUpOne(sequence: number | undefined, outcome: Probe['outcome']): void {
    const sentNs = sequence === undefined ? undefined : this.#sentNs.get(sequence);
    if (sequence === undefined || sentNs === undefined) return;
    this.#sentNs.delete(sequence);
    this.#givenUp.add(sequence);
    this.#end(sequence, sentNs, { outcome });
  }

  #end(sequence: number, sentNs: bigint, how: Pick<Probe, 'outcome' | 'server' | 'answeredNs'>): void {
    this.#probe({ protocol: this.#protocol, flow: this.#flow(), sequence, sentNs: String(sentNs), ...how });
  }
}
