import { closeSync } from 'node:fs';
import t from 'tap';
import { getEntry, indexKey, putEntry } from '../../kernel/bpf-map.ts';
import { mapCreate } from '../../kernel/libbpf.ts';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { findInterfaces } from '../attach/interfaces.ts';
import { HALF_OPEN_ROWS, openKernelProgram } from '../kit/kernel-program.ts';
import { ifindexOf, makeInterfaces, options, tables } from '../kit/rig.ts';
import { FOREVER_NS, segment } from '../kit/send.ts';
import { STRUCTS } from '../program/layout.ts';
import type { Address } from '../specification/address.ts';
import { besideRow, halfOpenRows, rowOf } from './half-open.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const BPF_MAP_TYPE_ARRAY = 2;
const { halfOpen: ROW } = STRUCTS;
const WORD = BigUint64Array.BYTES_PER_ELEMENT;
const WORDS = ROW.size / WORD;

const rowOfPort = (sourcePort: number): number => {
  const [source, destination] = ['198.51.100.2', '203.0.113.10'] as Address[] as [Address, Address];
  return rowOf({ protocol: 6, source, destination, sourcePort, destinationPort: 80 }, HALF_OPEN_ROWS);
};

t.test('a row with words of two CPUs is no connection', async (t) => {
  const fd = mapCreate(BPF_MAP_TYPE_ARRAY, 'half_open', Uint32Array.BYTES_PER_ELEMENT, ROW.size, HALF_OPEN_ROWS, null);
  t.teardown(() => closeSync(fd));
  const kernel = openKernelProgram(tables().services, { half_open: fd });
  kernel.setLease({ answerUntilNs: FOREVER_NS, forwardUntilNs: FOREVER_NS });
  const interfaces = findInterfaces(options('')).present;
  const send = (port: number, flag: 'syn' | 'ack'): unknown =>
    kernel.run('xdp', segment(port, flag), ifindexOf('access'));
  const other = Array.from({ length: 1000 }, (_, at) => at + 2).find((port) => rowOfPort(port) === rowOfPort(1)) ?? 0;
  const [key, besideKey] = [indexKey(rowOfPort(1)), indexKey(besideRow(rowOfPort(1)))];
  const rows = [1, other].map((port, server) => {
    const slots = new Int32Array(65_537).fill(server);
    kernel.configure(
      { ...tables(), services: tables().services.map((service) => ({ ...service, slots })) },
      interfaces,
    );
    const nowNs = 10n ** 12n + BigInt(port);
    kernel.setClocks({ nowNs, tickNs: nowNs, bootNs: nowNs });
    send(port, 'syn');
    return getEntry(fd, server === 0 ? key : besideKey, ROW.size) ?? Buffer.alloc(0);
  });
  const established = (): bigint => kernel.counters.outcomes().FORWARDED_ESTABLISHED.packets;
  for (let mixture = 0; mixture < 2 ** WORDS; mixture++) {
    const words = Array.from({ length: WORDS }, (_, at) => {
      const from = rows[(mixture >> at) & 1] ?? Buffer.alloc(0);
      return from.subarray(at * WORD, (at + 1) * WORD);
    });
    putEntry(fd, key, Buffer.concat(words));
    putEntry(fd, besideKey, Buffer.alloc(ROW.size));
    const before = established();
    if (mixture % (2 ** WORDS - 1) !== 0) send(1, 'ack');
    t.equal(established(), before, `mixture ${mixture}`);
  }
  putEntry(fd, key, rows[0] ?? Buffer.alloc(0));
  send(1, 'ack');
  t.equal(established(), 1n, 'the row of one alone is');
});

t.test('there are four rows for each connection, a power of two, and 8 MiB at most', async (t) => {
  const rows = [1, 1000, 65_536, 1_000_000].map((maxConnections) => halfOpenRows({ maxConnections }));
  t.same(rows, [4, 4096, 262_144, 262_144]);
});
