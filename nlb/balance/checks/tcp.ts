import { connect } from 'node:net';

export interface TcpTarget {
  address: string;
  port: number;
  timeoutMs: number;
}

/** How one check ended, after how long. */
export type CheckResult = { passed: true; tookMs: number } | { passed: false; tookMs: number; why: string };

/** Can a client connect? Never rejects. The connection is closed at once. */
export function checkTcp({ address, port, timeoutMs }: TcpTarget): Promise<CheckResult> {
  const beganMs = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (why?: string) => {
      clearTimeout(timer);
      socket.destroy();
      const tookMs = performance.now() - beganMs;
      resolve(why === undefined ? { passed: true, tookMs } : { passed: false, tookMs, why });
    };
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once('connect', () => end());
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
