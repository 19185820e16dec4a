import t from 'tap';
import { prepareRuns } from '../../kernel/bpf-test-run.ts';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import type { Datapath } from '../datapath.ts';
import { bytesOf, IP, TO_US, UDP } from '../kit/frames.ts';
import { expireAll, ifindexOf, makeInterfaces, programsOf, tables } from '../kit/rig.ts';
import { establish, openLeased, type Scope, segment, send } from '../kit/send.ts';

/** What floods do to the tables in the kernel. */
enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const AT = { identification: 18, fragment: 20, source: 26, sourcePort: 34 } as const;
const FLOOD = 5000;
const LIVE = 100;

/** Sends a frame of each of many flows, and datagrams, so many times in a row. */
function flood(datapath: Datapath, frame: Buffer, times: number): void {
  const runner = prepareRuns(programsOf(datapath).xdp(), { frame, ifindex: ifindexOf('access') });
  for (let flow = 0; flow < FLOOD; flow++) {
    runner.frame.writeUInt32BE(0xc612_0000 + (flow % 500), AT.source);
    runner.frame.writeUInt16BE(1024 + Math.floor(flow / 500), AT.sourcePort);
    runner.frame.writeUInt16BE(flow, AT.identification);
    for (let time = 0; time < times; time++) runner.run();
  }
}

/** Of the connections from the first ports of the client, those that are known. */
const alive = (datapath: Datapath): number =>
  [...datapath.connections()]
    .flat()
    .filter(({ flow, connection }) => flow.source === '198.51.100.2' && connection.state === 'established').length;

const datagram = (): Buffer => bytesOf(`${TO_US} ${IP} ${UDP}`);

function withLive(t: Scope): Datapath {
  const datapath = openLeased(t);
  for (let port = 1; port <= LIVE; port++) establish(datapath, port);
  return datapath;
}

t.test('datagrams push out no TCP connection, however many flows are proven', async (t) => {
  const datapath = withLive(t);
  flood(datapath, datagram(), 3);
  t.equal(alive(datapath), LIVE);
  expireAll(datapath);
  const { entered, evicted } = datapath.tableCount('udpFlows');
  t.equal(entered, BigInt(FLOOD));
  t.ok(evicted >= BigInt(FLOOD - 3 * 512) && evicted < entered, `${evicted} of UDP’s own were pushed out`);
  t.match(datapath.tableCount('connections'), { entered: BigInt(LIVE), evicted: 0n });
});

for (const [tcpPerSecond, keeps] of [
  [50, true],
  [1_000_000_000, false],
] as const) {
  const what = keeps ? 'push out no more than may enter' : 'push out most, where all may enter';
  t.test(`guessed ACKs, with ${tcpPerSecond} a second, ${what}`, async (t) => {
    const datapath = withLive(t);
    datapath.apply({ ...tables(), limits: { tcpPerSecond, udpPerSecond: 1 } });
    flood(datapath, segment(1, 'ack'), 3);
    const left = alive(datapath);
    t.ok(keeps ? left === LIVE : left < LIVE / 2, `${left} of ${LIVE} are left`);
    const { entered, limited } = datapath.tableCount('connections');
    t.ok(entered + limited >= BigInt(FLOOD + LIVE), `${entered} entered, ${limited} did not`);
    t.equal(limited > 0n, keeps);
  });
}

t.test('later fragments without a first one push out no datagram of a proven flow', async (t) => {
  const datapath = openLeased(t);
  for (let time = 0; time < 2; time++) send(datapath, 'xdp', datagram());
  const first = datagram();
  first.writeUInt16BE(0x2000, AT.fragment);
  t.same(send(datapath, 'xdp', first).counted, ['FORWARDED_ESTABLISHED']);
  const elsewhere = new Int32Array(65_537).fill(1);
  datapath.apply({ ...tables(), services: tables().services.map((service) => ({ ...service, slots: elsewhere })) });
  const middle = datagram();
  middle.writeUInt16BE(0x2004, AT.fragment);
  flood(datapath, middle, 1);
  const { out, counted } = send(datapath, 'xdp', middle);
  t.same([counted, out.readUInt8(5)], [['FORWARDED_FRAGMENT'], 0x20], 'to the server of its beginning');
});
