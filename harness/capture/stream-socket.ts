import { callKernel } from './libc.ts';

const AF_INET = 2;
const SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;
const SOCKADDR_IN_BYTES = 16;

/**
 * A TCP socket in the calling thread's network namespace, of a local port of every address, not yet connected.
 * @throws SyscallError EADDRINUSE where another one has the port, or a connection of it has ended lately
 */
export function openStreamSocket(port: number): number {
  const subject = `a TCP socket to port ${port}`;
  const fd = Number(callKernel('socket', 'a TCP socket', AF_INET, SOCK_STREAM_NONBLOCK_CLOEXEC, 0));
  try {
    callKernel('bind', subject, fd, anyAddress(port), SOCKADDR_IN_BYTES);
    return fd;
  } catch (error) {
    callKernel('close', subject, fd);
    throw error;
  }
}

/** A `struct sockaddr_in`: family in this machine's byte order, port in the network's. */
function anyAddress(port: number): Uint8Array {
  const address = new Uint8Array(SOCKADDR_IN_BYTES);
  address.set(new Uint8Array(Uint16Array.of(AF_INET).buffer));
  new DataView(address.buffer).setUint16(2, port);
  return address;
}
