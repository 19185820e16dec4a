import { closeSync, fchmodSync } from 'node:fs';
import { bind, connect, getsockopt, lastErrno, listen, socket } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/**
 * Stream sockets of a machine's own: by a path, or, where the name begins with a zero, by a name of this network namespace alone,
 * which goes with the process. Node's own take away whatever stands at their path when they close; these do not.
 */

const AF_UNIX = 1;
const SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** sun_path of struct sockaddr_un, behind the family. */
const PATH_BYTES = 108;
const BACKLOG = 511;
/** Nobody listens there; nobody is there. */
const NOBODY = ['ECONNREFUSED', 'ENOENT'];

/** A socket that listens there, for its owner alone, to be closed by the caller. Throws SyscallError: EADDRINUSE where anything is there. */
export function listenAt(name: string): number {
  const fd = open(name);
  const address = addressOf(name);
  // What bind makes has the mode of the socket itself, so that nobody else connects in between.
  fchmodSync(fd, 0o600);
  if (bind(fd, address, address.length) === 0 && listen(fd, BACKLOG) === 0) return fd;
  throw closed(fd, 'listen at', name);
}

/** Who listens there: undefined where nobody does. Throws SyscallError where something is there that is no such socket. */
export function listenerAt(name: string): { pid: number; uid: number } | undefined {
  const fd = open(name);
  const address = addressOf(name);
  if (connect(fd, address, address.length) < 0) {
    const failure = closed(fd, 'connect to', name);
    if (NOBODY.includes(failure.errno)) return undefined;
    throw failure;
  }
  // struct ucred: process, user, group, of the moment in which it began to listen.
  const credentials = Buffer.alloc(12);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, Uint32Array.of(credentials.length)) < 0)
    throw closed(fd, 'ask who listens at', name);
  closeSync(fd);
  return { pid: credentials.readInt32LE(0), uid: credentials.readUInt32LE(4) };
}

function open(name: string): number {
  const fd = socket(AF_UNIX, SOCK_STREAM_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) throw new SyscallError('open a socket', nameText(name), lastErrno());
  return fd;
}

/** A path ends with a zero; of a name that is none, all that is given counts. */
function addressOf(name: string): Buffer {
  const octets = Buffer.from(name.startsWith('\0') ? name : `${name}\0`);
  if (octets.length > PATH_BYTES) throw new RangeError(`Too long for the path of a socket: ${nameText(name)}`);
  return Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), octets]);
}

const nameText = (name: string): string => name.replace(/^\0/, '@');

function closed(fd: number, operation: string, name: string): SyscallError {
  const failure = new SyscallError(operation, nameText(name), lastErrno());
  closeSync(fd);
  return failure;
}
