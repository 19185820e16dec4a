import t from 'tap';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { withSpareBuckets } from '../attach/program.ts';
import { openDatapath } from '../datapath.ts';
import { makeInterfaces, options, pinDirectory, tables } from '../kit/rig.ts';
import { STRUCTS } from '../program/layout.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

t.test('a table has more buckets than entries, and no less room than is wanted', async (t) => {
  for (const [wanted, made] of [
    [1000, 1025],
    [1024, 1025],
    [819, 819],
    [820, 1025],
    [513, 513],
    [1_000_000, 1_048_577],
  ] as const)
    t.equal(withSpareBuckets(wanted), made);
});

t.test('a million connections fit by default', async (t) => {
  const directory = pinDirectory(t);
  const sizes = { maxConnections: 1_000_000, maxUdpFlows: 262_144, maxServers: 4096, maxServices: 512 };
  const datapath = openDatapath({ ...options(directory), ...sizes, first: tables() });
  t.teardown(() => datapath.remove());
  t.equal(datapath.connectionCount(), 0);
});

t.test('the memory of the tables is what the kernel says it is, and grows with what they are to hold', async (t) => {
  const bytesOf = (sizes: object) => {
    const datapath = openDatapath({ ...options(pinDirectory(t)), ...sizes, first: tables() });
    const bytes = datapath.memoryBytes();
    datapath.remove();
    return bytes;
  };
  const [small, large] = [bytesOf({ maxConnections: 100_000 }), bytesOf({ maxConnections: 300_000 })];
  const each = (large - small) / 200_000;
  t.ok(Math.abs(each - (8 / 3 + 2 / 2) * STRUCTS.flowRow.size) < 1, `${each} bytes for each connection`);
  const exception = (bytesOf({ maxExceptions: 300_000 }) - bytesOf({ maxExceptions: 100_000 })) / 200_000;
  t.ok(exception > 90 && exception < 120, `${exception} for an exception`);
  const service = (bytesOf({ maxServices: 64 }) - bytesOf({ maxServices: 32 })) / 32;
  t.ok(service >= STRUCTS.selection.size && service < 1.1 * STRUCTS.selection.size, `${service} for a service`);
});
