import type { ProbeEnded } from '../history/event.ts';

/** JSON lines from the harness to the client program, one command a line. */
export type Command = { id: string } & (
  | ({ do: 'httpRequests' } & HttpRequests)
  | ({ do: 'tcpFlows' } & TcpFlows)
  | ({ do: 'udpProbes' } & UdpProbes)
  /** End the flows or probes that the command of this id began. */
  | { do: 'stop' }
);

/** Where to send: `203.0.113.10:80`. */
type Target = string;

/** `count` requests, each on a new connection, `concurrency` at a time. */
export interface HttpRequests {
  target: Target;
  count: number;
  concurrency: number;
  timeoutMs: number;
}

/** `count` connections that stay open; on each a message of `payloadBytes` every `intervalMs`. */
export interface TcpFlows {
  target: Target;
  count: number;
  intervalMs: number;
  payloadBytes: number;
  /** For connecting, and for what is unanswered when the flows are stopped. */
  timeoutMs: number;
}

/** `perSecond` datagrams in all, in turn from `sourcePorts` different ports. */
export interface UdpProbes {
  target: Target;
  perSecond: number;
  sourcePorts: number;
  /** An answer that takes longer counts as none. */
  timeoutMs: number;
}

/** JSON lines from the client program to the harness. */
export type Saying =
  | { ready: true }
  | { probes: Probe[] }
  /** Every connection or socket of the command is open, or could not be opened. */
  | { opened: string }
  /** The command is over. All its probes have been said. */
  | { ended: string; summary: Summary }
  /** The command cannot be done, and has not begun. */
  | { problem: string; id: string };

/** A probe as the client program tells it; instants are decimal nanoseconds of CLOCK_MONOTONIC. */
export interface Probe extends Pick<ProbeEnded, 'protocol' | 'flow' | 'sequence' | 'outcome' | 'server'> {
  sentNs: string;
  answeredNs?: string;
}

/** What can be said of a command as a whole. */
export interface Summary extends Pacing {
  /** When it began and ended; decimal nanoseconds of CLOCK_MONOTONIC. */
  startedNs: string;
  endedNs: string;
  /** Answers that came after their probe had been given up. */
  late: number;
  /** Answers to what had been answered already. */
  duplicate: number;
}

/** The proof that probes were sent when they should have been. */
export interface Pacing {
  sent: number;
  /** Sends that were left out, because the program had been held up for too long. */
  missed: number;
  /** How long after its instant a probe was sent. */
  lateMaxMs: number;
  lateP99Ms: number;
}

/** Split a stream of JSON lines; gives the complete lines of each piece. */
export class LineReader {
  #rest = '';

  push(piece: string): string[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.filter((line) => line !== '');
  }
}

/** `203.0.113.10:80` to its parts. @throws if it is not an address and a port. */
export function parseTarget(target: Target): { host: string; port: number } {
  const match = /^([0-9.]+):([0-9]+)$/.exec(target);
  if (!match?.[1] || !match[2]) throw new Error(`"${target}" is not ADDRESS:PORT`);
  return { host: match[1], port: Number(match[2]) };
}
