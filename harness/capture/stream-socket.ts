import { callKernel } from './libc.ts';

const AF_INET = 2;
const SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;

/** A TCP socket in the calling thread's network namespace, not yet connected. */
export function openStreamSocket(): number {
  return Number(callKernel('socket', 'a TCP socket', AF_INET, SOCK_STREAM_NONBLOCK_CLOEXEC, 0));
}
