import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { openDatapath } from '../datapath/datapath.ts';
import {
  holdLease,
  ifindexOf,
  makeInterfaces,
  options,
  pinDirectory,
  programsOf,
  tables,
} from '../datapath/kit/rig.ts';
import { FOREVER_NS } from '../datapath/kit/send.ts';
import { regionsFor } from '../datapath/tables/flow-table-sizes.ts';
import { openFlowTables } from '../datapath/tables/flow-tables.ts';
import { openPinned } from '../kernel/bpf-link.ts';
import { indexKey, putEntry } from '../kernel/bpf-map.ts';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import type { FeederOptions } from './feeder-thread.ts';
import { frameOf } from './frames.ts';
import { loadRig, setStream } from './rig.ts';

/** The rows of the table of flows while two CPUs and expiry use them at the same time: they have no lock. */
enterPrivateNamespaces(import.meta.url);
makeInterfaces();
t.setTimeout(120_000);

const THREADS = 2;
const RUNS = 1_500_000;
/** Connections that the table is configured for, and flows: most of what enters evicts something, in one group or in 32 of them. */
const TABLES = [
  [1, 13],
  [64, 400],
] as const;
/** Services of the rig's tables: the frames of the stream are for this one. */
const PORT = 80;

for (const [maxConnections, flows] of TABLES)
  t.test(
    `two CPUs use the rows for ${maxConnections} connections, and expiry does: each is counted exactly once`,
    async (t) => {
      const directory = pinDirectory(t);
      const sizes = { ...options(directory), maxConnections };
      const datapath = openDatapath({ ...sizes, first: tables() });
      t.teardown(() => datapath.remove());
      holdLease(datapath.leaseFd, FOREVER_NS);
      const working = startFeeders(datapath, flows);
      let passes = 0;
      for (const brief of alternately()) {
        if (working.count === 0) break;
        const establishedMs = brief ? 0 : tables().timeouts.establishedMs;
        datapath.apply({ ...tables(), timeouts: { ...tables().timeouts, establishedMs } });
        // Its two steps remove connections; what comes after them, and would put a wrong count right, is left out.
        const pass = datapath.expireConnections();
        pass.next();
        pass.next();
        pass.return(0);
        passes++;
        await turn();
      }
      const active = [...datapath.connections()].flat().filter(({ connection }) => connection.state === 'established');
      const { entered, evicted, removed, refused } = datapath.tableCount('connections');
      t.comment(`${passes} passes; ${entered} entered, ${evicted} evicted, ${removed} removed, ${refused} refused`);
      t.equal(
        datapath.tallies().servers.get(1)?.active,
        BigInt(active.length),
        'the count of active connections is exact',
      );
      t.equal(Number(entered - evicted - removed), rowsInUse(directory, sizes), 'and so are those of the table');
      t.ok(evicted > 1000n && removed > 0n, 'rows were evicted, and connections expired');
    },
  );

function* alternately(): Generator<boolean> {
  for (let n = 0; ; n++) yield n % 8 === 0;
}

function startFeeders(datapath: Parameters<typeof programsOf>[0], flows: number): { count: number } {
  const rig = loadRig(1);
  const ends = { to: '02:00:00:00:00:01', from: '02:00:00:00:00:11' };
  setStream(rig, { ...ends, flows, packetsPerFlow: 2 });
  putEntry(rig.map('measured'), indexKey(0), indexKey(programsOf(datapath).xdp()));
  const frame = frameOf('tcp', ends);
  frame.writeUInt16BE(PORT, 36);
  const workerData: FeederOptions = { program: rig.program('feed'), frame, ifindex: ifindexOf('access'), runs: RUNS };
  const working = { count: THREADS };
  for (let thread = 0; thread < THREADS; thread++) {
    const worker = new Worker(join(import.meta.dirname, 'feeder-thread.ts'), { workerData });
    void once(worker, 'exit').then(() => {
      working.count--;
    });
  }
  return working;
}

function rowsInUse(directory: string, sizes: Parameters<typeof regionsFor>[0]): number {
  const fd = openPinned(`${directory}/maps/flows`) ?? -1;
  const flows = openFlowTables(fd, regionsFor(sizes), 0n);
  const { length } = flows.connections.used(0, flows.connections.groups);
  flows.close();
  closeSync(fd);
  return length;
}
