import { connect } from 'node:net';

export interface TcpTarget {
  address: string;
  port: number;
  timeoutMs: number;
}

/** How one check ended, after how long. */
export type CheckResult = { passed: true; tookMs: number } | { passed: false; tookMs: number; why: string };

/**
 * Can a client connect? Never rejects. The connection is closed at once. When the time is over, sockets have their turn before
 * that counts: Node runs timers first, so after a busy moment an answer that has long come would count as none.
 */
export function checkTcp({ address, port, timeoutMs }: TcpTarget): Promise<CheckResult> {
  const beganMs = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let late: NodeJS.Immediate | undefined;
    const end = (why?: string) => {
      clearTimeout(timer);
      clearImmediate(late);
      socket.destroy();
      const tookMs = performance.now() - beganMs;
      resolve(why === undefined ? { passed: true, tookMs } : { passed: false, tookMs, why });
    };
    const timer = setTimeout(() => {
      late = setImmediate(() => end(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    socket.once('connect', () => end());
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
