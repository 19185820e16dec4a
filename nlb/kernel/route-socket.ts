import { closeSync } from 'node:fs';
import { lastErrno, recv, send, socket } from './libc.ts';
import { type Attribute, decodeMessages, encodeMessage } from './netlink.ts';
import { KernelRefusal } from './refusal.ts';

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
 * between questions. Throws KernelRefusal.
 */
export function askRoute(request: RouteRequest): Buffer[] {
  const fd = socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw new KernelRefusal('open a netlink socket', request.operation, lastErrno());
  try {
    sendRequest(fd, request);
    return readAnswer(fd, request);
  } finally {
    closeSync(fd);
  }
}

function sendRequest(fd: number, request: RouteRequest): void {
  const flags = request.flags | NLM_F_REQUEST | NLM_F_ACK;
  const message = encodeMessage(request.type, flags, request.body, request.attributes);
  if (send(fd, message, message.length, 0) < 0) throw refusal(request, lastErrno());
}

function readAnswer(fd: number, request: RouteRequest): Buffer[] {
  const payloads: Buffer[] = [];
  for (;;) {
    const datagram = Buffer.alloc(DATAGRAM_BYTES);
    const length = recv(fd, datagram, datagram.length, 0);
    if (length < 0) throw refusal(request, lastErrno());
    for (const { type, payload } of decodeMessages(datagram.subarray(0, length))) {
      if (type !== NLMSG_ERROR && type !== NLMSG_DONE) payloads.push(payload);
      else if (payload.readInt32LE(0) === 0) return payloads;
      else throw refusal(request, -payload.readInt32LE(0));
    }
  }
}

const refusal = (request: RouteRequest, errno: number): KernelRefusal =>
  new KernelRefusal(request.operation, request.subject, errno);
