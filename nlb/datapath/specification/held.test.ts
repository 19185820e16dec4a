import t from 'tap';
import { bytesOf, CASES as FRAMES, IP, TO_US, UDP } from '../kit/frames.ts';
import { CLUSTER, tables } from '../kit/rig.ts';
import { change, SERVER0, SERVER1, tcp, udp } from '../kit/scenario.ts';
import { openSpecification } from '../kit/specification-under-test.ts';
import { held } from '../tables/slot.ts';
import type { SelectedTables } from '../tables/tables.ts';
import type { Address } from './address.ts';
import { flowNamed, nameOfFlow } from './flow.ts';
import { MAX_HELD_BYTES } from './forward.ts';
import type { Exception } from './knowledge.ts';

/** Which first packets wait in user space, in literal cases; that the kernel's program does the same, differential.test.ts shows. */

/** The flows of tcp() and udp() in scenario.ts. */
const TCP_FLOW = `6 198.51.100.2:12345 > ${CLUSTER}:80`;
const UDP_FLOW = `17 198.51.100.2:12345 > ${CLUSTER}:53`;

const hold = (wanted: SelectedTables<Int32Array>): void => {
  for (const service of wanted.services) service.slots = service.slots.map(held);
};
const to = (server: number, isSettled = true): Exception => ({
  server,
  serverAddress: `10.77.2.2${server}` as Address,
  isSettled,
});

type Line = [frame: string, outcome: string, to?: number];

/** Play frames to a specification with those changes of its tables and those exceptions, after `before`. */
function play(
  { before = [], changes = [], exceptions = {} }: Partial<Parts>,
  lines: readonly Line[],
): [found: (string | number | undefined)[][], wanted: (string | number | undefined)[][]] {
  const specification = openSpecification();
  for (const frame of before) specification.receive(frame);
  const wanted = tables();
  for (const each of changes) each(wanted);
  specification.configure(wanted, new Map(Object.entries(exceptions)));
  const found = lines.map(([frame]) => {
    const { outcome, to } = specification.receive(frame);
    return [outcome, to];
  });
  return [found, lines.map(([, outcome, server]) => [outcome, server])];
}
interface Parts {
  before: string[];
  changes: ((wanted: SelectedTables<Int32Array>) => void)[];
  exceptions: Record<string, Exception>;
}

t.test('the flows of the scenarios are these', async (t) => {
  for (const [frame, name] of [
    [tcp('S'), TCP_FLOW],
    [udp(), UDP_FLOW],
  ] as const) {
    const specification = openSpecification();
    specification.receive(frame);
    t.same([...specification.ledger.flowTables.halfOpen.keys()], [name]);
    t.equal(nameOfFlow(flowNamed(name)), name);
  }
});

const CASES: Record<string, [Partial<Parts>, Line[]]> = {
  'the first packet of a flow whose slot is held': [
    { changes: [hold] },
    [
      [tcp('S'), 'HELD'],
      [tcp('A'), 'HELD'],
      [tcp('R'), 'HELD'],
      [udp(), 'HELD'],
    ],
  ],
  'a known connection goes on, half-open or proven, whatever is held': [
    { before: [tcp('S'), tcp('A'), tcp('S', 3), udp()], changes: [hold], exceptions: { [TCP_FLOW]: to(0, false) } },
    [
      [tcp('PA'), 'FORWARDED_ESTABLISHED', SERVER1],
      [tcp('S', 3), 'FORWARDED_REPEATED', SERVER1],
      [tcp('A', 3), 'FORWARDED_ESTABLISHED', SERVER1],
      [udp(), 'FORWARDED_ESTABLISHED', SERVER0],
    ],
  ],
  'a connection whose server is gone is held where its slot is': [
    { before: [tcp('S'), tcp('A'), tcp('S', 3)], changes: [hold, change(1, { kept: false })] },
    [
      [tcp('A'), 'HELD'],
      [tcp('S', 3), 'HELD'],
    ],
  ],
  'an exception that is settled goes before its slot, held or not': [
    { changes: [hold], exceptions: { [TCP_FLOW]: to(0) } },
    [
      [tcp('S'), 'FORWARDED_NEW', SERVER0],
      [tcp('A'), 'FORWARDED_ESTABLISHED', SERVER0],
      [tcp('S', 3), 'HELD'],
    ],
  ],
  'one that is not settled holds its flow, whatever its slot': [
    { exceptions: { [TCP_FLOW]: to(1, false) } },
    [
      [tcp('S'), 'HELD'],
      [tcp('S', 3), 'FORWARDED_NEW', SERVER1],
    ],
  ],
  'so does one whose server is gone, or has given its number to another': [
    {
      changes: [change(0, { kept: false })],
      exceptions: { [TCP_FLOW]: to(0), [UDP_FLOW]: { ...to(1), serverAddress: '10.77.2.9' as Address } },
    },
    [
      [tcp('S'), 'HELD'],
      [udp(), 'HELD'],
    ],
  ],
  'a repeated SYN keeps its server by its exception, also where that gets nothing new': [
    {
      before: [tcp('S')],
      changes: [
        (wanted) => {
          for (const service of wanted.services) service.slots = service.slots.map(() => 0);
        },
      ],
      exceptions: { [TCP_FLOW]: to(1) },
    },
    [[tcp('S'), 'FORWARDED_MOVED', SERVER1]],
  ],
  'a slot that is held without a server holds, and drops nothing': [
    {
      changes: [
        (wanted) => {
          for (const service of wanted.services) service.slots = service.slots.map(() => held(-1));
        },
      ],
    },
    [[tcp('S'), 'HELD']],
  ],
};

for (const [what, [parts, lines]] of Object.entries(CASES))
  t.test(what, async (t) => {
    const [found, wanted] = play(parts, lines);
    t.same(found, wanted);
  });

t.test('ICMP errors and fragments without ports are never held', async (t) => {
  const later = `${TO_US} ${IP.replace('4000 3f11', '0001 3f11')} ${UDP}`;
  const error = FRAMES.find(({ what }) => what === 'host unreachable')?.frame ?? '';
  const both = (exceptions: Record<string, Exception>): unknown =>
    play({ changes: [hold], exceptions }, [
      [later, ''],
      [error, ''],
    ])[0];
  t.same(both({}), [
    ['FORWARDED_FRAGMENT', SERVER0],
    ['FORWARDED_ICMP', SERVER0],
  ]);
  const excepted = { [UDP_FLOW]: to(1, false) };
  t.same(both(excepted), [
    ['FORWARDED_FRAGMENT', SERVER0],
    ['FORWARDED_ICMP', SERVER1],
  ]);
});

t.test('what is longer than a record is dropped, and counted as that', async (t) => {
  const padded = (bytes: number): string => Buffer.concat([bytesOf(tcp('S'))], bytes).toString('hex');
  const [found] = play({ changes: [hold] }, [
    [padded(MAX_HELD_BYTES), ''],
    [padded(MAX_HELD_BYTES + 1), ''],
  ]);
  t.same(found, [
    ['HELD', undefined],
    ['DROPPED_TOO_LONG_TO_HOLD', undefined],
  ]);
  t.equal(MAX_HELD_BYTES, 2000);
});
