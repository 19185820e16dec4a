import { closeSync } from 'node:fs';
import { lastErrno, recv, recvInBackground, send, sendInBackground, socket } from './libc.ts';
import { type Attribute, decodeMessages, encodeMessage } from './netlink.ts';
import { SyscallError } from './syscall-error.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;

const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** The kernel fills at most 32 KiB into one datagram of a dump. */
const DATAGRAM_BYTES = 65_536;

export interface RouteRequest {
  /** Of the netlink family; rtnetlink's when absent. */
  protocol?: number;
  /** For the error's message: `add address`. */
  operation: string;
  /** For the error's message: `10.77.1.100/32 on 7`. */
  subject: string;
  type: number;
  flags: number;
  /** The fixed part: ifinfomsg, ifaddrmsg, ndmsg. */
  body: Uint8Array;
  attributes: Attribute[];
}

/**
 * Ask rtnetlink and wait for the whole answer: the payloads of the messages that came before the acknowledgement or the
 * end of the dump. A socket of its own for each question, because that costs some ten microseconds and keeps no state
 * between questions. Throws SyscallError.
 */
export function askRoute(request: RouteRequest): Buffer[] {
  const fd = open(request);
  try {
    const message = encode(request);
    const answer = openAnswer(request, shared);
    if (send(fd, message, message.length, 0) < 0) throw failure(request, lastErrno());
    while (!answer.isWhole()) answer.take(recv(fd, answer.datagram, answer.datagram.length, 0), lastErrno());
    return answer.payloads;
  } finally {
    closeSync(fd);
  }
}

/**
 * The same, in the background: the caller's thread goes on. The kernel changes network settings under one lock (RTNL), which whoever makes or
 * removes a namespace can hold for tens of milliseconds, and it does so within the call that sends the request.
 */
export async function askRouteAside(request: RouteRequest): Promise<Buffer[]> {
  const fd = open(request);
  try {
    const message = encode(request);
    const sent = await sendInBackground(fd, message, message.length, 0);
    if (sent.result < 0) throw failure(request, sent.errno);
    const answer = openAnswer(request);
    while (!answer.isWhole()) {
      const { result, errno } = await recvInBackground(fd, answer.datagram, answer.datagram.length, 0);
      answer.take(result, errno);
    }
    return answer.payloads;
  } finally {
    closeSync(fd);
  }
}

function open({ operation, protocol = NETLINK_ROUTE }: RouteRequest): number {
  const fd = socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol);
  if (fd < 0) throw new SyscallError('open a netlink socket', operation, lastErrno());
  return fd;
}

function encode({ type, flags, body, attributes }: RouteRequest): Buffer {
  return encodeMessage(type, flags | NLM_F_REQUEST | NLM_F_ACK, body, attributes);
}

/** Of who asks and waits: making one takes longer than an answer, and a takeover waits for one. */
const shared = Buffer.alloc(DATAGRAM_BYTES);

/** What has come of an answer, of which the next piece is read into `datagram`. */
function openAnswer(request: RouteRequest, datagram = Buffer.alloc(DATAGRAM_BYTES)) {
  const payloads: Buffer[] = [];
  let whole = false;
  const take = (length: number, errno: number): void => {
    if (length < 0) throw failure(request, errno);
    for (const { type, payload } of decodeMessages(datagram.subarray(0, length))) {
      if (type === NLMSG_ERROR || type === NLMSG_DONE) whole = isDone(payload, request);
      else payloads.push(Buffer.from(payload));
    }
  };
  return { datagram, payloads, take, isWhole: () => whole };
}

function isDone(payload: Buffer, request: RouteRequest): true {
  const errno = -payload.readInt32LE(0);
  if (errno !== 0) throw failure(request, errno);
  return true;
}

const failure = (request: RouteRequest, errno: number): SyscallError =>
  new SyscallError(request.operation, request.subject, errno);
