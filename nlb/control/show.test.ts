import t from 'tap';
import { showStatus } from './show.ts';
import type { Status } from './status.ts';

const status: Status = {
  node: 'nlb1',
  pid: 1,
  primary: true,
  since: '2026-11-23T07:00:00.000Z',
  forMs: 1234,
  state: 'active',
  reason: 'nobody led',
  fitness: 'fit',
  peer: {
    name: 'nlb2',
    state: 'standby',
    fitness: 'fit',
    alive: true,
    silentMs: 3,
    beatsHeard: 100,
    beatsMissed: 2,
    refused: { forged: 7 },
    paths: { access: 3, server: null },
    faultyPaths: [{ path: 'server', forMs: 65_000 }],
    witness: { mac: '02:00:00:00:00:0b', knownBy: 'beat', silentForMs: null },
    differs: [],
    hears: { access: 12, server: null },
  },
  lease: { answerRemainingMs: 28, forwardRemainingMs: 528 },
  realTime: { granted: false, why: 'EPERM' },
  worstLateMs: 0.5,
  downLinks: [],
  unguarded: [],
  absent: [],
  heartbeat: { authenticated: true },
  conflicts: [],
  corrections: [],
  refusedAddresses: [],
  nlbs: '10.77.1.100' as Status['nlbs'],
  clusterAddresses: [],
  datapath: {
    mode: 'xdp',
    adopted: false,
    interfaces: [],
    connections: 5,
    memoryBytes: 3.25 * 2 ** 20,
    outcomes: {},
    tables: [],
  },
  servers: [],
  services: [],
  memoryLocked: { granted: true },
  recovery: { strategy: 'manual', setAside: false, heldDownMs: 0, leads: 0 },
  reach: [],
  sync: null,
  inStep: null,
};

/** What stands behind a name. */
function row(name: string, of: Partial<Status> = {}): string | undefined {
  const rows = showStatus({ ...status, ...of }).split('\n');
  return rows
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length)
    .trim();
}

t.test('a path that does not work while the peer lives is called faulty', async (t) => {
  t.equal(row('by access'), 'last beat 3 ms ago; the peer heard the one of 12 ms ago');
  t.equal(row('by server'), 'FAULTY for 65 s, the peer lives: no beat yet');
  t.equal(row('by server', { peer: { ...status.peer, faultyPaths: [] } }), 'no beat yet');
});

t.test('a witness that does not answer in peacetime is said so', async (t) => {
  const with_ = (change: Partial<Status['peer']['witness']>) =>
    row('witness', { peer: { ...status.peer, witness: { ...status.peer.witness, ...change } } });
  t.equal(with_({}), '02:00:00:00:00:0b, named by beats');
  t.equal(
    with_({ knownBy: 'arp', silentForMs: 65_000 }),
    '02:00:00:00:00:0b, named by no beat yet, by ARP alone: DOES NOT ANSWER for 65 s',
  );
  t.equal(with_({ mac: null, knownBy: null }), 'not known yet');
});

t.test('what the two are configured differently in is named', async (t) => {
  t.equal(row('configuration'), undefined);
  t.equal(row('configuration', { peer: { ...status.peer, differs: null } }), undefined);
  const differs = ['primary', 'servers'];
  t.equal(row('configuration', { peer: { ...status.peer, differs } }), 'DIFFERS from nlb2’s in primary, servers');
});

t.test('what was done to addresses of ours, and what the kernel refuses, is stated', async (t) => {
  const back = { change: 'put back', address: '10.77.1.100/32', interface: 'access', count: 2 } as const;
  t.equal(row('corrected', { corrections: [back] }), '10.77.1.100/32 on access put back, 2 times');
  const off = { ...back, change: 'taken off', interface: 'server', count: 1 } as const;
  t.equal(row('corrected', { corrections: [off] }), '10.77.1.100/32 on server taken off, once');
  t.equal(row('refused', { refusedAddresses: ['10.77.1.100'] }), '10.77.1.100: the kernel will not have it here');
});

t.test('the memory of the tables is stated', async (t) => {
  t.equal(row('data path'), 'xdp, 5 active connections, tables of 3.3 MiB');
});

t.test('an interface without the data path is shown with the reason', async (t) => {
  const interfaces = [
    { device: 'access', ifindex: 2, mac: '02:00:00:00:00:01' },
    { device: 'bond1', why: 'There is no network interface bond1' },
  ];
  const datapath = { ...status.datapath, interfaces };
  t.equal(row('bond1', { datapath }), 'NO DATA PATH: There is no network interface bond1');
  t.equal(row('access', { datapath }), undefined);
});

t.test('what was forwarded and did not leave is stated, or why nobody knows', async (t) => {
  const shown = (unsent?: Status['datapath']['unsent']) =>
    row('not sent', { datapath: { ...status.datapath, ...(unsent && { unsent }) } });
  t.equal(shown(), undefined);
  t.equal(shown({ packets: 0 }), undefined);
  t.equal(shown({ packets: 3 }), '3 of the packets forwarded');
  t.equal(shown({ why: 'EPERM' }), 'NOT COUNTED: EPERM');
});

t.test('of a server that is out it says why, and whether its connections stay', async (t) => {
  const checks = { http: { healthy: false, why: 'ECONNREFUSED' } };
  const server = { name: 'web1', address: '10.77.2.21' as Status['nlbs'], weight: 1, mac: 'x', healthy: false, checks };
  const shown = (of: Partial<Status['servers'][number]>) =>
    row('web1', { servers: [{ ...server, kept: true, ...of }] });
  t.equal(shown({}), 'out: http: ECONNREFUSED; keeps its connections, 10.77.2.21 at x');
  t.equal(shown({ kept: false, mac: null }), 'out: no hardware address; http: ECONNREFUSED, 10.77.2.21 at ?');
  t.equal(shown({ healthy: true }), 'healthy, 10.77.2.21 at x');
});

t.test('what the system does not grant is shown with its reason', async (t) => {
  t.equal(row('real time'), 'no: EPERM');
  t.equal(row('memory'), 'locked');
  t.equal(row('real time', { realTime: { granted: true } }), 'yes');
  t.equal(row('memory', { memoryLocked: { granted: false, why: 'ENOMEM' } }), 'not locked: ENOMEM');
});

t.test('what a table did not take, or lost, is stated, and nothing else of it', async (t) => {
  const table = { name: 'TCP connections', entered: 100, limited: 3, refused: 0, removed: 9, evicted: 4 };
  const datapath = { ...status.datapath, tables: [table] };
  t.equal(row('TCP connections', { datapath }), '3 not entered, more than the limit, 4 pushed out by others');
  const refused = { ...table, limited: 0, refused: 2, evicted: 0 };
  t.equal(row('TCP connections', { datapath: { ...datapath, tables: [refused] } }), '2 refused by the kernel');
  t.equal(row('TCP connections', { datapath: { ...datapath, tables: [{ ...refused, refused: 0 }] } }), undefined);
});
