import koffi from 'koffi';

/** The C library's calls that Node does not offer, as they are: a negative result means that `lastErrno()` says why. */
const libc = koffi.load('libc.so.6');

/** The reason of the last call that failed, on this thread. Read it at once. */
export const lastErrno = (): number => koffi.errno();

/** The data must be left alone until the call is over. */
function inBackground(call: ReturnType<typeof libc.func>) {
  return (fd: number, data: Uint8Array, length: number, flags: number) =>
    new Promise<{ result: number; errno: number }>((resolve) =>
      call.async(fd, data, length, flags, (_: unknown, result: number) => resolve({ result, errno: lastErrno() })),
    );
}

export const socket: (family: number, type: number, protocol: number) => number = libc.func(
  'int socket(int family, int type, int protocol)',
);
export const bind: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int bind(int fd, const void *address, uint32_t length)',
);
export const connect: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int connect(int fd, const void *address, uint32_t length)',
);
export const listen: (fd: number, backlog: number) => number = libc.func('int listen(int fd, int backlog)');
const sendFunction = libc.func('int64_t send(int fd, const void *data, size_t length, int flags)');
export const send: (fd: number, data: Uint8Array, length: number, flags: number) => number = sendFunction;
export const sendto: (
  fd: number,
  data: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array,
  addressLength: number,
) => number = libc.func(
  'int64_t sendto(int fd, const void *data, size_t length, int flags, const void *address, uint32_t addressLength)',
);
const recvFunction = libc.func('int64_t recv(int fd, _Out_ void *data, size_t length, int flags)');
export const recv: (fd: number, data: Uint8Array, length: number, flags: number) => number = recvFunction;
/** As `send` and `recv`, but on a thread of Node's pool, so that the caller's goes on; with what `lastErrno()` says there. */
export const sendInBackground = inBackground(sendFunction);
export const recvInBackground = inBackground(recvFunction);
/** `messages`: an array of struct mmsghdr, of which the kernel writes lengths and flags. */
export const recvmmsg: (fd: number, messages: Uint8Array, count: number, flags: number, timeout: null) => number =
  libc.func('int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)');
export const sendmmsg: (fd: number, messages: Uint8Array, count: number, flags: number) => number = libc.func(
  'int sendmmsg(int fd, void *messages, unsigned int count, int flags)',
);
/** `addressLength` is of the buffer, and then of what is in it. */
export const recvfrom: (
  fd: number,
  data: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array,
  addressLength: Uint32Array,
) => number = libc.func(
  'int64_t recvfrom(int fd, _Out_ void *data, size_t length, int flags, _Out_ void *address, _Inout_ uint32_t *addressLength)',
);
/** `descriptors`: an array of struct pollfd, of which the kernel writes the events. Negative: without end. */
export const poll: (descriptors: Uint8Array, count: number, timeoutMs: number) => number = libc.func(
  'int poll(void *descriptors, unsigned long count, int timeoutMs)',
);
export const setsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: number) => number =
  libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');

/** `length` is of the buffer, and then of what is in it. */
export const getsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: Uint32Array) => number =
  libc.func('int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)');

export const schedSetscheduler: (tid: number, policy: number, parameters: Int32Array) => number = libc.func(
  'int sched_setscheduler(int tid, int policy, const void *parameters)',
);
export const schedGetscheduler: (tid: number) => number = libc.func('int sched_getscheduler(int tid)');
export const mlock2: (address: bigint, length: bigint, flags: number) => number = libc.func(
  'int mlock2(const void *address, size_t length, unsigned int flags)',
);
export const clockGettime: (clock: number, time: BigInt64Array) => number = libc.func(
  'int clock_gettime(int clock, _Out_ void *time)',
);

/** Of the calling thread, for the kernel. */
export const threadId: () => number = libc.func('int gettid()');
const systemCall: (number: number, one: bigint, two: bigint) => bigint = libc.func(
  'long syscall(long number, uintptr_t one, uintptr_t two)',
);
/** Of <asm/unistd.h>. */
const SET_ROBUST_LIST = process.arch === 'arm64' ? 99 : 273;
/** The C library has a list of its own for each thread, which this replaces: nothing here uses its robust mutexes. */
export const setRobustList = (head: bigint, bytes: number): number =>
  Number(systemCall(SET_ROBUST_LIST, head, BigInt(bytes)));

/** The whole process ends, whatever its threads do. */
export const endProcess: (status: number) => void = libc.func('void _exit(int status)');

/** Result as a pointer; all ones (MAP_FAILED) on failure. */
export const mmap: (
  address: null,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => bigint = libc.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)');
export const getpagesize: () => number = libc.func('int getpagesize(void)');
export const munmap: (address: bigint, length: number) => number = libc.func(
  'int munmap(void *address, size_t length)',
);
export const mount: (source: string, target: string, type: string, flags: number, data: string) => number = libc.func(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
export const umount2: (target: string, flags: number) => number = libc.func(
  'int umount2(const char *target, int flags)',
);
