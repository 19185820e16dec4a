import { connect } from 'node:net';

/** Longer than a daemon that is awake ever takes. */
const ANSWERS_WITHIN_MS = 1000;

/** What tests wait for. */
interface Awaited {
  state?: string;
  fitness?: string;
}

/**
 * What a daemon tells of itself at its control socket; undefined where none answers. It is what `nlbctl status --json` tells,
 * but tests ask often while they wait, and starting that program takes a tenth of a second of a processor each time.
 */
export function statusAt(socketFile: string): Promise<Awaited | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketFile);
    const end = (status?: Awaited) => {
      socket.destroy();
      resolve(status);
    };
    socket.setTimeout(ANSWERS_WITHIN_MS, () => end());
    socket.once('error', () => end());
    socket.once('close', () => end());
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (!said.endsWith('\n')) return;
      end((JSON.parse(said) as { value?: Awaited }).value);
    });
    socket.write(`${JSON.stringify({ command: 'status' })}\n`);
  });
}
