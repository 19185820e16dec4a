import { callKernel } from '../capture/libc.ts';
import { beUrgent, record, waits } from '../clock/span-thread.ts';

/** The thread of `settings-lock.ts`. */
const PERIOD_MS = 4;
/** An answer that takes less is an ordinary one. */
const HELD_NS = 2_000_000n;

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;
const RTM_GETLINK = 18;
const NLM_F_REQUEST = 1;
const LOOPBACK = 1;

/** nlmsghdr and ifinfomsg, in this machine's byte order. */
const question = Buffer.alloc(32);
question.writeUInt32LE(question.length, 0);
question.writeUInt16LE(RTM_GETLINK, 4);
question.writeUInt16LE(NLM_F_REQUEST, 6);
question.writeInt32LE(LOOPBACK, 20);
const answer = Buffer.alloc(65_536);

const fd = callKernel('socket', 'rtnetlink', AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
const isUrgent = beUrgent();

while (isUrgent && waits(PERIOD_MS)) {
  const askedNs = process.hrtime.bigint();
  callKernel('send', 'a question for a link', fd, question, question.length, 0);
  callKernel('recv', 'the state of a link', fd, answer, answer.length, 0);
  const answeredNs = process.hrtime.bigint();
  if (answeredNs - askedNs > HELD_NS) record(askedNs, answeredNs);
}
