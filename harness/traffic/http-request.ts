import { connect, type Socket } from 'node:net';
import type { Probe } from './message.ts';
import { parseTarget } from './message.ts';
import { nowNs } from './operation.ts';
import { codeOf, outcomeOf } from './outcome.ts';

/**
 * One HTTP request on a connection of its own; how it ended. `name` is part of the flow's name, which also holds both ends of
 * the connection. Never throws: a failure is an outcome.
 */
export function httpRequest(target: string, timeoutMs: number, name: string): Promise<Probe> {
  const { host, port } = parseTarget(target);
  const sentNs = nowNs();
  const socket = connect({ host, port, noDelay: true });
  const local = localEnd(socket);
  const { promise, resolve } = Promise.withResolvers<Probe>();
  const end = (how: Pick<Probe, 'outcome' | 'server' | 'answeredNs'>) => {
    clearTimeout(timer);
    socket.destroy();
    const flow = `${name} ${local()} > ${target}`;
    resolve({ protocol: 'http', flow, sequence: 0, sentNs: String(sentNs), ...how });
  };
  const timer = setTimeout(() => end({ outcome: 'lost' }), timeoutMs);
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (piece: string) => {
    text += piece;
  });
  socket.on('end', () => end(judge(text)));
  socket.on('error', (error) => end({ outcome: outcomeOf(codeOf(error)) }));
  socket.write(`GET / HTTP/1.1\r\nHost: ${target}\r\nConnection: close\r\n\r\n`);
  return promise;
}

/**
 * Our end of a connection that was begun just now, `198.51.100.10:40123`. It is read as soon as the kernel has chosen it, which
 * is when the first packet leaves: a connection that fails has no end to read any more.
 */
export function localEnd(socket: Socket): () => string {
  let known = 'unbound';
  process.nextTick(() => {
    const { localAddress, localPort } = socket;
    if (localAddress && localPort) known = `${localAddress}:${localPort}`;
  });
  return () => known;
}

/** An answer is whole and right when it is a 200 whose body is the name in its header. */
function judge(text: string): Pick<Probe, 'outcome' | 'server' | 'answeredNs'> {
  if (text === '') return { outcome: 'reset' };
  const [head = '', body] = text.split('\r\n\r\n');
  const server = /^x-served-by: (.+)$/im.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 200 ') || server === undefined || body !== `${server}\n`)
    return { outcome: 'corrupt' };
  return { outcome: 'answered', server, answeredNs: String(nowNs()) };
}
