import { entryOf, keepAsking, packetForCluster } from '../harness/act/inject.ts';
import { oneSpeaksAtATime } from '../harness/act/pair-claims.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { BEATS_AT_ONCE, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { becomes, heardAsking, receivedForCluster, takesAlias } from '../harness/act/waits.ts';
import { aliasReleased } from '../harness/check/alias.ts';
import { detached, lostOnly, type Placed, silentWhileLeft } from '../harness/check/left-behind.ts';
import { askedThroughout } from '../harness/check/one-answerer.ts';
import { between } from '../harness/check/span.ts';
import { standbySilent } from '../harness/check/standby.ts';
import { until } from '../harness/clock/until.ts';
import { cutBoth, healBoth } from '../harness/fault/cable.ts';
import { signal, startSystem, stopSystem } from '../harness/fault/daemon.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/** The lab's lease; a frame that was let in at its last instant is answered a moment later. */
const LEASE_MS = 150 + 5;
/**
 * For so long at most a data path without a daemon forwards what firewalls that have not heard of its successor send to it: the
 * lease, and `forwardGraceMs` as it is by default. The kill itself takes a moment.
 */
const FORWARDS_FOR_MS = 150 + 500 + 50;
const ASKS_EVERY_MS = 5;
/** The harness itself is held up where labs share the processors: for 230 ms at the worst that was measured. */
const PAUSE_MS = 500;
/** Of a node that was left with the address, so often. */
const ASKED = 50;
/** A daemon's own start: it takes the address away before all else. */
const REMOVED_WITHIN_MS = 2500;

/** What the operator has put on the node, in places where the daemon puts its own. */
const FOREIGN: Placed[] = [
  { device: 'access', address: '192.0.2.65' },
  { device: 'server', address: '192.0.2.66' },
  { device: 'lo', address: '192.0.2.67' },
];

/** The daemon's own, which it takes away when it stops. */
const ownAddresses = (scene: Scene, wasActive: boolean): Placed[] => [
  ...(wasActive ? [{ device: 'access', address: scene.nlbs }] : []),
  ...scene.lab.plan.addresses.cluster.map((address) => ({ device: 'lo', address })),
];

const oneVoice = (scene: Scene): Claims => ({
  'one speaks for the address at a time': oneSpeaksAtATime(
    scene,
    scene.lab.nodes('nlb').map(({ name }) => name),
  ),
  'and was asked all the time, by both firewalls': askedThroughout({
    address: scene.nlbs,
    lan: scene.lan('access'),
    senders: 2,
    pauseMs: PAUSE_MS,
  }),
});

/** Clients' packets, of connections and datagrams, by a firewall that still holds the node for the active. */
async function handPackets(scene: Scene, node: LabNode): Promise<void> {
  const sinceNs = scene.nowNs();
  for (let count = 0; count < ASKED; count++) {
    const entry = entryOf(scene, node, count % 2 === 0 ? 'http' : 'echo-udp');
    scene.inject(entry.from, 'access', packetForCluster(scene, entry, 43_000 + count));
  }
  await receivedForCluster(scene, node.name, ASKED, sinceNs);
}

/** Strikes the active so that the other one leads, then mends it. */
async function passOn(
  scene: Scene,
  what: string,
  strike: (active: LabNode) => unknown,
  mend: (struck: LabNode) => unknown,
): Promise<void> {
  const { active, standby } = await scene.lab.pair(10_000);
  const sinceNs = scene.nowNs();
  await scene.act(what, active.name, () => strike(active));
  await takesAlias(scene, standby.name, sinceNs, 10_000);
  await scene.act(`mend: ${what}`, active.name, () => mend(active));
  await scene.lab.pair(10_000);
}

async function changeForeign(node: LabNode, change: 'add' | 'del'): Promise<void> {
  for (const { device, address } of FOREIGN)
    await node.runBeside(['ip', 'address', change, `${address}/32`, 'dev', device]);
}

/** SIGTERM with everything that it must take away in place, and what it must not. */
async function stops(scene: Scene, node: LabNode): Promise<void> {
  await changeForeign(node, 'add');
  await scene.census();
  await scene.listPrograms(node.name);
  await scene.act('SIGTERM', node.name, () => stopSystem(scene, node));
  await scene.census();
  await scene.listPrograms(node.name);
}

const leavesNothing = (scene: Scene, { name: node }: LabNode, wasActive: boolean): Claims => {
  const after = { what: 'SIGTERM', node };
  return {
    [`${node} gives up its own addresses, and no others`]: lostOnly({
      node,
      addresses: ownAddresses(scene, wasActive),
      after,
    }),
    [`${node} has no data path any more`]: detached({ node, devices: ['access', 'server'], after }),
  };
};

export default await suite(
  import.meta,
  'whatever becomes of a node, it does not go on speaking for the address',
  { topologies: ['invention'], servers: 2, seconds: 13 },
  {
    'a killed daemon’s address is answered for by nobody, and taken away at its next start': {
      proves: ['ALIAS-7', 'ALIAS-8 killed', 'FWD-10 a dead node'],
      drops: [{ ...SENT_TO_FENCED_NODE, atMost: ASKED }],
      needs: ['lease', 'handover'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        await scene.census();
        const kill = { what: 'kill -9', node: active.name };
        const start = { what: 'start again', node: active.name };
        const stopAsking = keepAsking(scene, scene.nlbs, ASKS_EVERY_MS);
        const sinceNs = scene.nowNs();
        await scene.act(kill.what, kill.node, () => signal(scene, active, 'SIGKILL'));
        await takesAlias(scene, standby.name, sinceNs);
        await until(() => scene.nowNs() > sinceNs + FORWARDS_FOR_MS * 1e6, {
          what: 'its time to forward is over',
          withinMs: 2 * FORWARDS_FOR_MS,
        });
        const fencedNs = scene.nowNs();
        await handPackets(scene, active);
        await heardAsking(scene, scene.nlbs, 2 * ASKED, scene.nowNs());
        const startedNs = scene.nowNs();
        await scene.act(start.what, start.node, () => startSystem(scene, active));
        await scene.lab.pair(10_000);
        await scene.act('take over', active.name, () => scene.lab.use('handover').takeOver(active));
        await becomes(scene, active.name, 'active');
        stopAsking();
        const port = scene.port(active.name, 'access');
        return {
          'its kernel, which has the address, answers nobody until it leads again': silentWhileLeft({
            address: scene.nlbs,
            port,
            after: kill,
            leaseMs: LEASE_MS,
            atLeast: ASKED,
          }),
          'its data path, which is still there, forwards nothing once its time for that is over': between(
            { fromNs: fencedNs, untilNs: startedNs },
            standbySilent({
              clusterAddress: scene.cluster,
              access: port,
              mac: scene.mac(active.name, 'access'),
              ports: [port, scene.port(active.name, 'server')],
              reached: 'addressed',
              atLeast: ASKED,
            }),
          ),
          'its next start takes the address away': aliasReleased({
            address: scene.nlbs,
            node: active.name,
            after: start,
            withinMs: REMOVED_WITHIN_MS,
          }),
          ...oneVoice(scene),
        };
      },
    },
    'through one fault after the other, two never answer': {
      proves: ['ALIAS-8 killed', 'ALIAS-8 stopped', 'ALIAS-8 frozen', 'ALIAS-8 cut off', 'ALIAS-8 both killed'],
      drops: [BEATS_AT_ONCE],
      run: async (scene) => {
        const nodes = scene.lab.nodes('nlb');
        const stopAsking = keepAsking(scene, scene.nlbs, ASKS_EVERY_MS);
        await passOn(
          scene,
          'SIGSTOP',
          (active) => signal(scene, active, 'SIGSTOP'),
          (struck) => signal(scene, struck, 'SIGCONT'),
        );
        await passOn(
          scene,
          'freeze',
          (active) => active.freeze(),
          (struck) => struck.thaw(),
        );
        await passOn(
          scene,
          'cut both legs',
          (active) => cutBoth(scene, active.name),
          (struck) => healBoth(scene, struck.name),
        );
        await passOn(
          scene,
          'kill -9',
          (active) => signal(scene, active, 'SIGKILL'),
          (struck) => startSystem(scene, struck),
        );
        await scene.act('kill both', undefined, () => {
          for (const node of nodes) signal(scene, node, 'SIGKILL');
        });
        await scene.act('start both', undefined, () => {
          for (const node of nodes) startSystem(scene, node);
        });
        await scene.lab.pair(10_000);
        stopAsking();
        return oneVoice(scene);
      },
    },
    'a node that is stopped has neither alias nor data path, and keeps what is not its own': {
      proves: ['ALIAS-9 the active', 'ALIAS-9 the standby', 'ALIAS-9 addresses of others'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        for (const node of [active, standby]) await stops(scene, node);
        const claims = { ...leavesNothing(scene, active, true), ...leavesNothing(scene, standby, true) };
        for (const node of [active, standby]) {
          await changeForeign(node, 'del');
          startSystem(scene, node);
        }
        await scene.lab.pair(10_000);
        return claims;
      },
    },
  },
);
