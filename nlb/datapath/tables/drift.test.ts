import t from 'tap';
import { prepareRuns } from '../../kernel/bpf-test-run.ts';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { type Datapath, openDatapath } from '../datapath.ts';
import {
  expireAll,
  holdLease,
  ifindexOf,
  makeInterfaces,
  options,
  pinDirectory,
  programsOf,
  tables,
} from '../kit/rig.ts';
import { FOREVER_NS, type Scope, segment } from '../kit/send.ts';

/** The count of active connections against what there is, over very many connections and passes of expiry. */
enterPrivateNamespaces(import.meta.url);
// A million connects take ten seconds of a processor; here others may use it as well.
t.setTimeout(180_000);
makeInterfaces();

const FLAGS = { syn: 0x02, ack: 0x10, fin: 0x11, rst: 0x04 } as const;
const AT = { source: 26, sourcePort: 34, flags: 47 } as const;
const PORTS = 50_000;
/** So few for their table that with one seed of the hash in 20,000 seven meet in a group of six; with 60,000 it was one in 14. */
const FLOWS = 20_000;

function openWith(t: Scope, maxConnections: number): Datapath {
  const datapath = openDatapath({ ...options(pinDirectory(t)), maxConnections, first: tables() });
  t.teardown(() => datapath.remove());
  holdLease(datapath.leaseFd, FOREVER_NS);
  return datapath;
}

/** Segments of flows, by their numbers. */
function openSender(datapath: Datapath): (flow: number, flag: keyof typeof FLAGS) => void {
  const input = { frame: segment(1, 'syn'), ifindex: ifindexOf('access') };
  const runner = prepareRuns(programsOf(datapath).xdp(), input);
  return (flow, flag) => {
    runner.frame.writeUInt32BE(0xc612_0000 + Math.floor(flow / PORTS), AT.source);
    runner.frame.writeUInt16BE(1 + (flow % PORTS), AT.sourcePort);
    runner.frame.writeUInt8(FLAGS[flag], AT.flags);
    runner.run();
  };
}

/** What looks like chance and is the same in every run: xorshift32 (Marsaglia 2003). */
function openChance(): (below: number) => number {
  let word = 2_463_534_242;
  return (below) => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) % below;
  };
}

const counted = (datapath: Datapath) => {
  const { servers, services } = datapath.tallies();
  return [Number(servers.get(1)?.active), Number(services.get('tcp 203.0.113.10:80')?.active)];
};

/** What the tables hold. */
const present = (datapath: Datapath) => {
  const known = [...datapath.connections()].flat().map(({ connection }) => connection.state);
  return {
    all: known.filter((state) => state !== 'unproven').length,
    active: known.filter((state) => state === 'established').length,
  };
};

t.test('a million connections begin and end during passes of expiry: the count is exact after each pass', async (t) => {
  const datapath = openWith(t, 200_000);
  const [send, chance] = [openSender(datapath), openChance()];
  const active = new Set<number>();
  const connect = (flow: number): void => {
    send(flow, 'syn');
    send(flow, 'ack');
    active.add(flow);
  };
  const end = (flow: number): void => {
    send(flow, chance(2) === 0 ? 'fin' : 'rst');
    active.delete(flow);
  };
  let events = 0;
  const some = (): void => {
    for (let n = 0; n < 10_000; n++, events++) {
      const flow = chance(FLOWS);
      if (active.has(flow)) end(flow);
      else connect(flow);
    }
  };
  const wrong: number[][] = [];
  while (events < 1_000_000) {
    const pass = datapath.expireConnections();
    for (let done = false; !done; ) {
      done = pass.next().done === true;
      some();
    }
    if (counted(datapath).some((count) => count !== active.size)) wrong.push([...counted(datapath), active.size]);
  }
  t.same(wrong, [], `${events} events`);
  t.equal(present(datapath).active, active.size);
  t.match(datapath.tableCount('connections'), { evicted: 0n, limited: 0n, refused: 0n, removed: 0n });
});

t.test('so it is with a full table, which evicts, once nothing happens during a pass', async (t) => {
  const datapath = openWith(t, 2000);
  const [send, chance] = [openSender(datapath), openChance()];
  for (let round = 0; round < 20; round++) {
    const pass = datapath.expireConnections();
    for (let done = false; !done; ) {
      done = pass.next().done === true;
      for (let n = 0; n < 2000; n++) {
        const flow = chance(200_000);
        send(flow, 'syn');
        send(flow, 'ack');
        if (chance(3) === 0) send(flow, chance(2) === 0 ? 'fin' : 'rst');
      }
    }
    const { evicted, entered } = datapath.tableCount('connections');
    t.equal(evicted, entered - BigInt(present(datapath).all), 'each is counted at once');
  }
  expireAll(datapath);
  const { active, all } = present(datapath);
  t.same(counted(datapath), [active, active]);
  const { entered, evicted, removed, refused } = datapath.tableCount('connections');
  t.same([evicted, removed, refused], [entered - BigInt(all), 0n, 0n]);
  t.ok(evicted > 20_000n, `${evicted} were pushed out`);
  t.equal(expireAll(datapath), 0);
  t.same(counted(datapath), [active, active], 'and a pass changes nothing');
});

t.test('a connection that a pass removes is no longer counted, and nothing else changes', async (t) => {
  // With room for 20,000 one run in twelve has a group of the table full, which then evicts.
  const datapath = openWith(t, 100_000);
  const send = openSender(datapath);
  for (let flow = 0; flow < 9000; flow++) {
    send(flow, 'syn');
    send(flow, 'ack');
    if (flow % 3 === 0) send(flow, 'fin');
  }
  datapath.apply({ ...tables(), timeouts: { ...tables().timeouts, establishedMs: 0 } });
  t.equal(expireAll(datapath), 6000);
  t.same(counted(datapath), [0, 0]);
  t.match(datapath.tableCount('connections'), { entered: 9000n, removed: 6000n, evicted: 0n });
  t.same(present(datapath), { all: 3000, active: 0 });
});
