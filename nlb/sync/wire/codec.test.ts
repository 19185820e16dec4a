import fc from 'fast-check';
import t from 'tap';
import { type LogRecord, type Message, MOST_SLOTS } from '../records.ts';
import { decode, encode, MAC_BYTES, MOST_DATAGRAM_BYTES } from './datagram.ts';
import { writeFlow, writePool, writeServer } from './names.ts';
import { readRecords, roomFor, writeRecord } from './record-codec.ts';
import { readSlots, writeSlots } from './slot-list.ts';

const SLOTS = 65_537;
const session = { reign: 0x0102_0304_0506, attachment: 7 };
const HEADER = '4e4c4253 01 01 0000 0000010203040506 0000000000000007 0000000000000000';
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const flow = 'tcp 198.51.100.7:40000 > 203.0.113.1:80';
const FLOW = '04 06 c6336407 9c40 cb007101 0050';

const written = (record: LogRecord): string => {
  const bytes = Buffer.alloc(roomFor(record));
  return bytes.toString('hex', 0, writeRecord(bytes, 0, record));
};

t.test('each record has the layout that is drawn', async (t) => {
  const layouts: [string, LogRecord, string][] = [
    ['an exception', { type: 'add', flow, server: '10.77.2.21' }, `02 0013 ${FLOW} 04 0a4d0215`],
    ['one that goes', { type: 'del', flow }, `03 000e ${FLOW}`],
    [
      'slots, in whatever order',
      { type: 'set', pool: 'udp 203.0.113.1:any', slots: [9, 3, 4, 5, 200], server: '10.77.2.21' },
      '01 0012 04 11 cb007101 0000 04 0a4d0215 07 01 06 fc02',
    ],
    [
      'slots of nobody',
      { type: 'set', pool: 'tcp 203.0.113.1:80', slots: [0], server: undefined },
      '01 000a 04 06 cb007101 0050 00 00',
    ],
  ];
  for (const [title, record, bytes] of layouts) {
    t.equal(written(record), hex(bytes).toString('hex'), title);
    const slots = record.type === 'set' ? { slots: record.slots.toSorted((a, b) => a - b) } : {};
    t.same(readRecords(hex(bytes), 0, SLOTS), { records: [{ ...record, ...slots }] });
  }
});

const of = (kind: string): string => HEADER.replace('01 01', `01 ${kind}`);

t.test('each message has the layout that is drawn', async (t) => {
  const layouts: [Message, string][] = [
    [
      { type: 'records', session, first: 258, records: [{ type: 'del', flow }], snapshotEnd: 3 },
      `${of('01')} 0000000000000102 0000000000000003 03 000e ${FLOW}`,
    ],
    [{ type: 'ended', session }, of('02')],
    [{ type: 'attach', session }, of('03')],
    [{ type: 'acknowledgement', session, applied: 2 ** 53 - 1 }, `${of('04')} 001fffffffffffff`],
    [
      { type: 'acknowledgement', session, applied: 1, configured: 2 ** 48 - 1 },
      `${of('04')} 0000000000000001 0000ffffffffffff`,
    ],
    [
      { type: 'compare', session, number: 9, tip: 258, flows: [{ flow, server: '10.77.2.21' }] },
      `${of('05')} 0000000000000009 0000000000000102 ${FLOW} 04 0a4d0215`,
    ],
    [{ type: 'compared', session, number: 9, different: [0, 59] }, `${of('06')} 0000000000000009 02 00 3b`],
    [{ type: 'compared', session, number: 9, different: [] }, `${of('06')} 0000000000000009 00`],
  ];
  for (const [said, bytes] of layouts) {
    t.same(
      encode(said).map((message) => message.toString('hex')),
      [hex(bytes).toString('hex')],
    );
    t.same(decode(hex(bytes), SLOTS), { said });
  }
});

t.test('what is not known is skipped where its kind says so, and else ends the session where it stands', async (t) => {
  const del = `03 000e ${FLOW}`;
  const records: [string, string, object][] = [
    ['one to skip', `ff 0001 00 ${del}`, { records: [{ type: 'skipped' }, { type: 'del', flow }] }],
    ['one that must not be', `${del} 7f 0000 ${del}`, { records: [{ type: 'del', flow }], unknown: 0x7f }],
    ['an address of IPv6', `03 0026 06 06 ${'00'.repeat(36)}`, { records: [], unknown: 3 }],
    ['another protocol', `03 000e ${FLOW.replace('04 06', '04 84')}`, { records: [], unknown: 3 }],
    ['a server of IPv6', `02 001f ${FLOW} 06 ${'00'.repeat(16)}`, { records: [], unknown: 2 }],
  ];
  for (const [title, bytes, wanted] of records) t.same(readRecords(hex(bytes), 0, SLOTS), wanted, title);
});

t.test('octets that are no records, or no message, are refused', async (t) => {
  const records: [string, string][] = [
    ['a header that is cut', '03 00'],
    ['a value that is cut', `03 000e ${FLOW.slice(0, -2)}`],
    ['one to skip that is cut', 'ff 0002 00'],
    ['a value that is too long', `03 000f ${FLOW} 00`],
    ['a flow that is too short', '03 000d 04 06 c6336407 9c40 cb007101 00'],
    ['an exception of nobody', `02 000f ${FLOW} 00`],
    ['a SET without a pool', '01 0000'],
    ['a distance that is cut', '01 000a 04 06 cb007101 0050 00 80'],
    ['a slot that there is not', '01 000c 04 06 cb007101 0050 00 828008'],
    ['a row beyond the last slot', '01 000d 04 06 cb007101 0050 00 01 808004'],
  ];
  for (const [title, bytes] of records) t.equal(readRecords(hex(bytes), 0, SLOTS), undefined, title);
  const messages: [string, string, object][] = [
    ['another kind', HEADER.replace('01 01', '01 07'), { rejected: 'unknown kind' }],
    ['a reign of 2⁵³', HEADER.replace('0000010203040506', '0020000000000000'), { rejected: 'malformed' }],
    ['records without numbers', HEADER, { rejected: 'malformed' }],
    ['a record that is number 0', `${HEADER} ${'00'.repeat(16)}`, { rejected: 'malformed' }],
    ['nothing acknowledged', HEADER.replace('01 01', '01 04'), { rejected: 'malformed' }],
    ['a question without numbers', HEADER.replace('01 01', '01 05'), { rejected: 'malformed' }],
    ['a flow that is cut', `${of('05')} ${'00'.repeat(16)} ${FLOW} 04 0a4d02`, { rejected: 'malformed' }],
    ['a flow of IPv6', `${of('05')} ${'00'.repeat(16)} 06 ${FLOW.slice(3)} 04 0a4d0215`, { rejected: 'malformed' }],
    ['a flow at nobody', `${of('05')} ${'00'.repeat(16)} ${FLOW} 00 0a4d0215`, { rejected: 'malformed' }],
    ['an answer without its places', `${of('06')} ${'00'.repeat(8)} 02 00`, { rejected: 'malformed' }],
    ['an answer without a count', `${of('06')} ${'00'.repeat(8)}`, { rejected: 'malformed' }],
  ];
  for (const [title, bytes, wanted] of messages) t.same(decode(hex(bytes), SLOTS), wanted, title);
});

t.test('a name that the other node could not know is not written', async (t) => {
  const bytes = Buffer.alloc(32);
  for (const server of ['', 'server1', '10.0.0', '10.0.0.256', '10.0.0.1 ', '1000.0.0.1', '10..0.1', '::1'])
    t.throws(() => writeServer(bytes, 0, server), RangeError, server);
  for (const pool of [
    '',
    '10.0.0.1:80',
    'icmp 10.0.0.1:80',
    'tcp 10.0.0.1',
    'tcp 10.0.0.1:',
    'tcp 10.0.0.1:65536',
    'tcp 10.0.0.1:080',
  ])
    t.throws(() => writePool(bytes, 0, pool), RangeError, pool);
  for (const name of [
    '',
    'tcp 10.0.0.1:80',
    'tcp 10.0.0.1:80 > 10.0.0.2',
    'tcp 10.0.0.1:x > 10.0.0.2:80',
    'tcp 10.0.0.1:80 > 10.0.0.2:80 ',
  ])
    t.throws(() => writeFlow(bytes, 0, name), RangeError, name);
});

const quad = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.'));
const protocol = fc.constantFrom('tcp', 'udp');
const port = fc.nat(65_535);
const pools = fc.tuple(protocol, quad, port).map(([name, address, at]) => `${name} ${address}:${at || 'any'}`);
const flows = fc
  .tuple(protocol, quad, port, quad, port)
  .map(([name, client, from, address, to]) => `${name} ${client}:${from} > ${address}:${to}`);
const slotLists = fc
  .uniqueArray(fc.oneof(fc.nat(SLOTS - 1), fc.nat(600)), { minLength: 1, maxLength: MOST_SLOTS, size: 'max' })
  .map((slots) => slots.sort((a, b) => a - b));
const records: fc.Arbitrary<LogRecord> = fc.oneof(
  fc.record({
    type: fc.constant('set' as const),
    pool: pools,
    slots: slotLists,
    server: fc.option(quad, { nil: undefined }),
  }),
  fc.record({ type: fc.constant('add' as const), flow: flows, server: quad }),
  fc.record({ type: fc.constant('del' as const), flow: flows }),
);
const numbers = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

t.test('records arrive as they were, in order, in datagrams that no link cuts in pieces', async (t) => {
  const arrives = fc.property(
    fc.array(records, { minLength: 1, maxLength: 60 }),
    fc.integer({ min: 1, max: 2 ** 50 }),
    numbers,
    (said, first, reign) => {
      const messages = encode({
        type: 'records',
        session: { reign, attachment: 1 },
        first,
        records: said,
        snapshotEnd: 9,
      });
      let next = first;
      const read: unknown[] = [];
      for (const message of messages) {
        const decoded = decode(message, SLOTS);
        if (!('said' in decoded) || decoded.said.type !== 'records' || decoded.said.first !== next) return false;
        read.push(...decoded.said.records);
        next += decoded.said.records.length;
        if (message.length + MAC_BYTES > MOST_DATAGRAM_BYTES || decoded.said.session.reign !== reign) return false;
      }
      return t.same(read, said);
    },
  );
  const outcome = fc.check(arrives, { numRuns: 100 });
  t.comment(`seed ${outcome.seed}`);
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? '100 logs');
});

t.test('the most slots of a record fit, however they lie', async (t) => {
  const spread = Array.from({ length: MOST_SLOTS }, (_, index) => index * 128);
  const far = Array.from({ length: MOST_SLOTS }, (_, index) =>
    index < 8 ? index * 8194 : 65_536 - (MOST_SLOTS - index) * 2,
  );
  const all = Array.from({ length: SLOTS }, (_, slot) => slot);
  const bytes = Buffer.alloc(2000);
  for (const [slots, most] of [
    [spread, 2 * MOST_SLOTS + 8],
    [far, 2 * MOST_SLOTS + 8],
    [all, 4],
  ] as const) {
    const end = writeSlots(bytes, 0, slots);
    t.ok(end <= most, `${slots.length} slots in ${end} octets`);
    t.same(readSlots(bytes, 0, end, SLOTS), slots);
  }
  t.throws(() =>
    writeRecord(Buffer.alloc(30), 0, { type: 'set', pool: 'tcp 10.0.0.1:80', slots: spread, server: '10.0.0.1' }),
  );
});

t.test('no octets whatever make the reader throw', async (t) => {
  const bodies = fc.uint8Array({ maxLength: 1300, size: 'max' });
  const kinds = fc.integer({ min: 0, max: 6 });
  const records = fc.array(
    fc.tuple(fc.constantFrom(1, 2, 3, 4, 0x81), fc.uint8Array({ maxLength: 40 }), fc.constantFrom(0, 0, 0, 1, -1)),
  );
  const outcome = fc.check(
    fc.property(kinds, bodies, records, fc.boolean(), (kind, body, list, isFramed) => {
      const framed = list.map(([each, value, off]) =>
        Buffer.from([each, 0, Math.max(0, value.length + off), ...(value[0] === undefined ? [] : [4, 6]), ...value]),
      );
      const header = hex(HEADER.replace('01 01', `01 0${kind}`));
      const numbers = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
      const message = isFramed ? Buffer.concat([header, numbers, ...framed]) : Buffer.concat([header, body]);
      const decoded = decode(message, SLOTS);
      if (!('said' in decoded) || decoded.said.type !== 'records') return true;
      return decoded.said.records.every((each) => each.type !== 'set' || each.slots.every((slot) => slot < SLOTS));
    }),
    { numRuns: 20_000 },
  );
  t.comment(`seed ${outcome.seed}`);
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? '20,000 messages');
});
