import fc from 'fast-check';
import t from 'tap';
import { monotonicNs } from '../../kernel/clock.ts';
import { enterPrivateNamespaces, run, until } from '../../kernel/private-namespaces.ts';
import { findInterfaces } from '../attach/interfaces.ts';
import { BOOTS } from '../kit/beat-frames.ts';
import { SERVICES, TIMEOUTS } from '../kit/histories.ts';
import { CLUSTER_ADDRESSES, conversation, frames } from '../kit/packets.ts';
import { HEARTBEAT, holdLease, MAC, makeInterfaces, NLBS, options, pinDirectory, UNLIMITED } from '../kit/rig.ts';
import { openVethPeers, withChecksum } from '../kit/veth-peers.ts';
import type { OutcomeName } from '../program/layout.ts';
import type { Mac } from '../specification/address.ts';
import { nameOfFlow } from '../specification/flow.ts';
import { forward } from '../specification/forward.ts';
import { type Connection, configuredBy } from '../specification/knowledge.ts';
import { openLedger, record } from '../specification/ledger.ts';
import { readEthernet, readIpv4 } from '../specification/packet.ts';
import { openLease } from '../tables/lease.ts';
import type { SelectedTables } from '../tables/tables.ts';
import { arpAnswer } from './arp-answer.ts';
import { openUserspace } from './userspace.ts';

/** The forwarder and forward.ts, on the same generated frames: those of the differential test, through a real pair of veths. */
enterPrivateNamespaces(import.meta.url);
makeInterfaces();
// As on a node that leads, so that its own stack would answer whatever gets to it.
run(`ip address add ${NLBS}/24 dev access`);
run('ip link set lo up');
run('sysctl -q net.ipv4.icmp_ratemask=0');
for (const address of CLUSTER_ADDRESSES) run(`ip address add ${address}/32 dev lo`);
run('ip route add default via 10.77.1.1 dev access');
for (const there of ['10.77.1.1', HEARTBEAT.access.peer])
  run(`ip neighbour add ${there} lladdr ${MAC.router} dev access`);

const SEED = Number(process.env.ONEVIP_DATAPATH_SEED ?? Date.now() % 2 ** 31);
const FRAMES = 1500;
const HOUR_NS = 3_600_000_000_000n;
const NOW_NS = HOUR_NS / 2n;

const TABLES: SelectedTables<Int32Array> = {
  nlbs: NLBS,
  heartbeat: HEARTBEAT,
  timeouts: TIMEOUTS,
  limits: UNLIMITED,
  clusterAddresses: CLUSTER_ADDRESSES,
  servers: [0, 1, 2, 3].map((id) => ({
    id,
    address: `10.77.2.2${id}`,
    mac: `02:00:00:00:00:2${id}`,
    kept: id !== 2,
  })),
  services: SERVICES,
};

/** Of a frame that ends in its VLAN tag, or just behind, the kernel tells nobody. */
const TAGGED_BYTES = 20;
const isTold = (frame: Buffer): boolean =>
  frame.length >= TAGGED_BYTES || ![0x8100, 0x88a8].includes(frame.readUInt16BE(12));

/** Few beats are among the frames, far fewer than are let through; and no lease lapses. */
const PEER_KNOWN = { mac: MAC.peer as Mac, boot: BOOTS[0], allowances: [], daemonLives: true };

function namePeer(leaseFd: number): void {
  const lease = openLease(leaseFd);
  lease.namePeer(MAC.peer);
  lease.expectBoot(BOOTS[0] ?? '');
  lease.close();
}

/** What the node's stack sends in its own name is its right. */
function isOwn(frame: Buffer): boolean {
  const ethernet = readEthernet(frame);
  return ethernet?.ethertype === 0x0800 && readIpv4(frame, ethernet.payloadAt)?.source === NLBS;
}

t.test(`the forwarder does what forward.ts says, and the stack nothing (seed ${SEED})`, async (t) => {
  const settings = { ...options(pinDirectory(t)), mode: 'userspace' as const };
  const datapath = openUserspace({ ...settings, first: TABLES });
  t.teardown(() => datapath.remove());
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  namePeer(datapath.leaseFd);
  const peers = openVethPeers();
  const interfaces = findInterfaces(settings).present;
  const access = interfaces.find(({ device }) => device === 'access') ?? interfaces[0];
  if (!access) throw new Error('no access port');
  const configured = configuredBy(TABLES, interfaces);
  const lease = { answerUntilNs: HOUR_NS, forwardUntilNs: HOUR_NS };
  const ledger = openLedger();
  const expected = { forwarded: [] as string[], answered: [] as string[] };
  const kinds = fc.oneof({ weight: 3, arbitrary: frames }, { weight: 1, arbitrary: conversation });
  const generated = fc.sample(kinds.filter(isTold).map(withChecksum), { numRuns: FRAMES, seed: SEED });
  const total = (): bigint => Object.values(datapath.outcomes()).reduce((sum, { packets }) => sum + packets, 0n);
  for (const [sent, frame] of generated.entries()) {
    // Time stands still: what matters is what is found, and nothing expires in the seconds that this takes.
    const decision = forward(
      { frame, ifindex: access.ifindex, nowNs: NOW_NS, tickNs: NOW_NS, bootNs: NOW_NS },
      { configured, lease, peer: PEER_KNOWN, flowTables: ledger.flowTables },
    );
    record(ledger, decision, NOW_NS);
    if (decision.egress !== undefined) expected.forwarded.push(decision.frame.toString('hex'));
    const answer = decision.outcome === 'PASSED_ARP_NLBS' ? arpAnswer(frame, access) : undefined;
    if (answer) expected.answered.push(answer.toString('hex'));
    peers.send(frame);
    // No more at once than wait without loss at any of the sockets.
    if (sent % 64 === 63) await until(() => total() === BigInt(sent + 1), `frame ${sent} is counted`);
  }
  await until(() => total() === BigInt(FRAMES), 'every frame is counted');
  await until(() => datapath.connectionCount() >= 0, 'what it had in hand is sent');

  const forwarded = peers.received('server').map((frame) => frame.toString('hex'));
  t.same(forwarded, expected.forwarded);
  t.ok(forwarded.length > FRAMES / 10, `${forwarded.length} were forwarded`);
  const answered = peers.received('access').filter((frame) => !isOwn(frame));
  t.same(
    answered.map((frame) => frame.toString('hex')),
    expected.answered,
  );
  t.ok(answered.length > 0, `${answered.length} were answered`);
  const outcomes = Object.entries(datapath.outcomes()).filter(([, { packets }]) => packets > 0n);
  t.same(new Map(outcomes as [OutcomeName, object][]), ledger.outcomes);
  t.same(
    [...datapath.tallies().servers].filter(([, { packets }]) => packets > 0n).sort(),
    [...ledger.servers].filter(([, { packets }]) => packets > 0n).sort(),
  );
  const { connections, udpFlows } = ledger.tables;
  t.match(datapath.tableCount('connections'), { ...connections, evicted: 0n, refused: 0n });
  t.match(datapath.tableCount('udpFlows'), { ...udpFlows, evicted: 0n, refused: 0n });
  const timeless = ([name, { seenNs: _, ...rest }]: [string, Connection]) => [name, rest];
  const known = [...datapath.connections()]
    .flat()
    .map(({ flow, connection }) => timeless([nameOfFlow(flow), connection]));
  t.same(
    known.sort(),
    [...ledger.flowTables.connections, ...ledger.flowTables.udpFlows, ...ledger.flowTables.halfOpen]
      .map(timeless)
      .sort(),
  );
});
