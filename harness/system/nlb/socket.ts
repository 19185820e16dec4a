import { connect } from 'node:net';

/** Longer than a daemon that is awake ever takes. */
const ANSWERS_WITHIN_MS = 1000;

/**
 * The state that a daemon tells at its control socket; undefined where none answers. It is what `nlbctl status --json` tells,
 * but tests wait for states often, and starting that program takes a tenth of a second of a processor each time.
 */
export function stateOf(socketFile: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketFile);
    const end = (state?: string) => {
      socket.destroy();
      resolve(state);
    };
    socket.setTimeout(ANSWERS_WITHIN_MS, () => end());
    socket.once('error', () => end());
    socket.once('close', () => end());
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (!said.endsWith('\n')) return;
      const answer = JSON.parse(said) as { value?: { state?: string } };
      end(answer.value?.state);
    });
    socket.write(`${JSON.stringify({ command: 'status' })}\n`);
  });
}
