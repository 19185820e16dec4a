import koffi from 'koffi';

/** The few calls of the C library that capturing needs. Numbers are those of Linux on every 64-bit architecture. */
const libc = koffi.load('libc.so.6');

const functions = {
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t size)'),
  getsockopt: libc.func('int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *size)'),
  bind: libc.func('int bind(int fd, const void *address, uint32_t size)'),
  send: libc.func('int64_t send(int fd, const void *bytes, size_t size, int flags)'),
  recv: libc.func('int64_t recv(int fd, _Out_ uint8_t *bytes, size_t size, int flags)'),
  poll: libc.func('int poll(void *descriptors, unsigned long count, int timeoutMs)'),
  close: libc.func('int close(int fd)'),
  madvise: libc.func('int madvise(void *address, size_t size, int advice)'),
  mmap: libc.func('void *mmap(void *at, size_t size, int protection, int flags, int fd, int64_t offset)'),
  munmap: libc.func('int munmap(void *at, size_t size)'),
  if_nametoindex: libc.func('uint32_t if_nametoindex(const char *name)'),
  clock_gettime: libc.func('int clock_gettime(int clock, void *time)'),
};

type Call = keyof typeof functions;

/** The kernel said no: which operation, on what, and the name of the errno. */
export class SyscallError extends Error {
  readonly operation: string;
  readonly errno: string;
  readonly subject: string;

  constructor(operation: string, errno: string, subject: string) {
    super(`${operation} of ${subject} was refused by the kernel: ${errno}`);
    this.name = 'SyscallError';
    this.operation = operation;
    this.errno = errno;
    this.subject = subject;
  }
}

function errnoName(): string {
  const number = koffi.errno();
  const found = Object.entries(koffi.os.errno).find(([, value]) => value === number);
  return found?.[0] ?? `errno ${number}`;
}

function refused(call: Call, result: unknown): boolean {
  if (call === 'if_nametoindex') return result === 0;
  return Number(result) === -1 || BigInt(result as bigint) === 0xffff_ffff_ffff_ffffn;
}

/** Call into the C library on this thread. @throws SyscallError naming `subject`. @returns the call's own result. */
export function callKernel(call: Call, subject: string, ...args: unknown[]): number | bigint {
  const result: number | bigint = functions[call](...args);
  if (refused(call, result)) throw new SyscallError(call, errnoName(), subject);
  return result;
}

/** An option's value as the kernel reads it: 32-bit words in this machine's byte order. */
export function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
