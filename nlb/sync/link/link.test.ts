import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { makeKeys } from '../../pair/keys.ts';
import type { FromActive, LogRecord, Message } from '../records.ts';
import { encode } from '../wire/datagram.ts';
import { type Link, openLink } from './link.ts';
import { openWire } from './test-network.ts';

const SECRET = Buffer.alloc(32, 7);
const TIMES = { silentAfterMs: 500, stuckAfterMs: 15, restMs: 1000 };
const session = { reign: 1, attachment: 2 };
const record: LogRecord = { type: 'del', flow: 'tcp 198.51.100.7:40000 > 203.0.113.1:80' };
const records: FromActive = { type: 'records', session, first: 1, records: [record, record], snapshotEnd: 2 };
const KIND_OF_SECOND = 32 + 16 + 17;

/** Another version's node, which says octets of ours that are changed: the second record is of that kind. */
function sealed(kind: number, counter: number): Buffer {
  const message = encode(records)[0] ?? Buffer.alloc(0);
  message.writeBigUInt64BE(BigInt(counter), 24);
  message[KIND_OF_SECOND] = kind;
  return Buffer.concat([message, makeKeys([SECRET]).sign(message)]);
}

async function standby() {
  const { one, other } = await openWire();
  const ends = one.find(({ name }) => name === 'server') ?? one[0];
  if (!ends) throw new Error('no path');
  const socket = createSocket('udp4');
  socket.bind(ends.own.port, ends.own.address);
  await once(socket, 'listening');
  const heard: [Message, string][] = [];
  const unknown: number[] = [];
  let changed = (): void => {};
  const link: Link = openLink(
    { paths: other, secrets: [SECRET], perPool: 64, times: TIMES },
    {
      nowMs: () => performance.now(),
      session: () => session,
      received: (said, path) => {
        heard.push([said, path]);
        changed();
      },
      unknown: (kind) => unknown.push(kind),
      problem: (text) => t.fail(text),
    },
  );
  const answered = () => once(socket, 'message');
  link.send({ type: 'attach', session });
  await answered();
  const send = (datagram: Buffer) => socket.send(datagram, ends.peer.port, ends.peer.address);
  return {
    link,
    heard,
    unknown,
    answered,
    send,
    say: async (datagram: Buffer) => {
      const next = new Promise<void>((resolve) => {
        changed = resolve;
      });
      send(datagram);
      await next;
    },
    close: () => {
      link.close();
      socket.close();
    },
  };
}

t.test('records that may be skipped are passed on as such, and answered by the path by which they came', async (t) => {
  const { link, heard, unknown, say, answered, close } = await standby();
  await say(sealed(0x83, 1));
  t.same(heard, [[{ ...records, records: [record, { type: 'skipped' }] }, 'server']]);
  t.same(unknown, []);
  link.send({ type: 'acknowledgement', session, applied: 2 }, 'server');
  await answered();
  t.equal(link.counts.sent.server, 2);
  t.equal(link.counts.sent.access, 1, 'only the question to attach');
  close();
});

t.test('one that must not be skipped ends the session: nothing more of that reign is heard or answered', async (t) => {
  const { link, heard, unknown, send, say, close } = await standby();
  await say(sealed(0x03, 1));
  await say(sealed(0x04, 2));
  t.same(heard.at(-1), [{ ...records, records: [record] }, 'server'], 'what stands before it is passed on');
  t.same(unknown, [4]);
  const sent = link.counts.sent.server;
  link.send({ type: 'acknowledgement', session, applied: 1 }, 'server');
  link.send({ type: 'attach', session: { reign: 2, attachment: 3 } });
  send(sealed(0x03, 3));
  while (link.counts.received.server < 3) await new Promise((resolve) => setImmediate(resolve));
  t.equal(heard.length, 2);
  t.equal(link.counts.sent.server, sent + 1, 'another reign’s is sent');
  close();
});
