import t from 'tap';
import { parseConfig } from '../config/load.ts';
import { type Datapath, openDatapath } from '../datapath/datapath.ts';
import { makeInterfaces, options, pinDirectory } from '../datapath/kit/rig.ts';
import { octetsToMac } from '../kernel/inet.ts';
import { clockGettime } from '../kernel/libc.ts';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { desire } from './desired.ts';
import { type Pool, poolsOf } from './pools.ts';
import { openSelections, type Selections } from './selections.ts';

/**
 * What it costs the thread that checks when a server fails in 512 services at once, each of another pool: in processor time,
 * which does not count what other processes take.
 */
enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const SERVICES = 512;
const [MOST_MS, MOST_AT_ONCE_MS] = [20, 5];
/** As for nlb/sync/minimal-move-cost.test.ts: the bounds are judged on a quiet machine, every night; here, whether it is several times as dear. */
const LOADED = process.env.ONEVIP_NIGHTLY === undefined ? 3 : 1;
/** As the loop gives it. */
const SLICE_MS = 2;
/** Each server in turn fails and is back; the first rounds are for the compiler. */
const [ROUNDS, WARM_UP] = [14, 4];
const CLOCK_THREAD_CPUTIME_ID = 3;

const time = new BigInt64Array(2);
function threadMs(): number {
  clockGettime(CLOCK_THREAD_CPUTIME_ID, time);
  return Number(time[0]) * 1000 + Number(time[1]) / 1e6;
}

function configOf(servers: number) {
  const named = Array.from({ length: servers }, (_, i) => `{ name: s${i}, address: 10.78.${i >> 8}.${i & 255} }`);
  const services = Array.from(
    { length: SERVICES },
    (_, i) => `{ name: v${i}, address: 203.0.113.10, protocol: tcp, port: ${1000 + i} }`,
  );
  const text = `node: nlb1
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { insecure: true }
clusterAddresses: [203.0.113.10]
servers: [${named.join(', ')}]
services: [${services.join(', ')}]
`;
  return parseConfig(text, 'nlb.yaml');
}

type Verdicts = Map<string, { healthy: boolean; contrary: number }>;

/** Works until nothing is left, and writes what comes out. The longest that it took at once, and in all. */
function settle(selections: Selections, verdicts: Verdicts, datapath: Datapath): { longestMs: number; tookMs: number } {
  let [longestMs, tookMs] = [0, 0];
  while (selections.isBusy()) {
    const beganMs = threadMs();
    datapath.select(selections.work(verdicts, SLICE_MS));
    const sliceMs = threadMs() - beganMs;
    [longestMs, tookMs] = [Math.max(longestMs, sliceMs), tookMs + sliceMs];
  }
  return { longestMs, tookMs };
}

function judgeAll(pools: readonly Pool[], selections: Selections, verdicts: Verdicts, index: number, healthy: boolean) {
  for (const { members } of pools) {
    const { verdict = '' } = members[index] ?? {};
    verdicts.set(verdict, { healthy, contrary: 0 });
    selections.judged(verdict);
  }
}

const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

for (const servers of [10, 100])
  t.test(
    `a server of ${servers} fails in ${SERVICES} services: ${MOST_MS} ms, and ${MOST_AT_ONCE_MS} ms at once`,
    async (t) => {
      const config = configOf(servers);
      const ids = new Map(config.servers.map(({ name }, id) => [name, id]));
      const macOf = (id: number): string => octetsToMac(Uint8Array.of(2, 0, 0, 1, id >> 8, id & 255));
      const hardware = new Map(
        config.servers.map(({ address }, id) => [address as string, { mac: macOf(id), seenMs: 0 }]),
      );
      const [pools, selections] = [poolsOf(config, ids), openSelections()];
      t.equal(pools.length, SERVICES);
      const verdicts: Verdicts = new Map(
        pools.flatMap(({ members }) =>
          members.map(({ verdict }) => [verdict, { healthy: true, contrary: 0 }] as const),
        ),
      );
      const wanted = () => desire(config, { ids, hardware, pools, selected: selections }).tables;
      selections.use(pools);
      selections.located(hardware);
      while (selections.isBusy()) selections.work(verdicts, SLICE_MS);
      const sizes = { maxConnections: 1024, maxServers: 4096, maxServices: SERVICES };
      const datapath = openDatapath({ ...options(pinDirectory(t)), ...sizes, mode: 'tc', first: wanted() });
      t.teardown(() => datapath.remove());
      const rounds = Array.from({ length: ROUNDS }, (_, round) => {
        judgeAll(pools, selections, verdicts, round % servers, false);
        const settled = settle(selections, verdicts, datapath);
        const beganMs = threadMs();
        datapath.apply(wanted());
        const restMs = threadMs() - beganMs;
        judgeAll(pools, selections, verdicts, round % servers, true);
        settle(selections, verdicts, datapath);
        return { ...settled, restMs };
      }).slice(WARM_UP);
      const tookMs = median(rounds.map((round) => round.tookMs));
      const longestMs = median(rounds.map((round) => round.longestMs));
      const restMs = median(rounds.map((round) => round.restMs));
      const figures = [tookMs, longestMs, restMs].map((ms) => ms.toFixed(2));
      t.comment(`to the last slot ${figures[0]} ms, at once ${figures[1]} ms; the pass after it ${figures[2]} ms`);
      t.ok(tookMs <= LOADED * MOST_MS, `${figures[0]} ms to the last slot`);
      t.ok(Math.max(longestMs, restMs) <= LOADED * MOST_AT_ONCE_MS, `${figures[1]} and ${figures[2]} ms at once`);
      const slots = new Set(datapath.actual().services.map((service) => service.slots.join()));
      t.equal(slots.size, 1, 'all have the same selection in the end');
    },
  );
