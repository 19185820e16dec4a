import { connect } from 'node:net';

/** Longer than a daemon that is awake ever takes. */
const ANSWERS_WITHIN_MS = 1000;

/** Of what `nlbctl status --json` tells, as far as the harness asks for it at the socket. */
export interface StatusSaid {
  state: string;
  fitness: string;
  pid: number;
  /** With the servers that new connections go to. */
  services: { name: string; servers: string[] }[];
  /** Null where it keeps nobody in step. */
  inStep?: { part: string; isInStep: boolean; graceLeftMs: number } | null;
  datapath: {
    /** The way in use, whatever was asked for. */
    mode: string;
    /** Whether it found the tables of an earlier daemon, counters included. */
    adopted: boolean;
    outcomes: Record<string, { packets: number }>;
    unsent?: { packets: number } | { why: string };
  };
}

/**
 * The status that a daemon tells at its control socket; undefined where none answers. It is what `nlbctl status --json` tells,
 * but the harness asks often, and starting that program takes a tenth of a second of a processor each time.
 */
export async function statusAt(socketFile: string): Promise<StatusSaid | undefined> {
  const answer = await answerAt(socketFile, { command: 'status' }, ANSWERS_WITHIN_MS);
  return answer?.ok === true ? (answer.value as StatusSaid) : undefined;
}

type Answer = { ok: true; value?: unknown } | { ok: false; error: string };

/** What a daemon answers to a command at its control socket; undefined where none does in time. */
export function answerAt(socketFile: string, request: object, withinMs: number): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketFile);
    const end = (answer?: Answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(withinMs, () => end());
    socket.once('error', () => end());
    socket.once('close', () => end());
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.endsWith('\n')) end(JSON.parse(said) as Answer);
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}
