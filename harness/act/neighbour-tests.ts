import { asksAtMostEvery } from '../check/asking.ts';
import { followsHardwareAddress } from '../check/hardware-address.ts';
import { noneLost } from '../check/probes.ts';
import { oneServerPerFlow } from '../check/selection.ts';
import { noScriptRan } from '../check/undisturbed.ts';
import { cut, heal } from '../fault/cable.ts';
import { forgetNeighbour, setMac } from '../fault/kernel-settings.ts';
import type { ProbeEnded } from '../history/event.ts';
import { firstServer, lastOfEachFlow } from './live-flows.ts';
import type { Scene } from './scene.ts';
import type { SuiteTest } from './suite-test.ts';
import { answersAgain, heardAsking, knows, neighbourAtRest, sendsTo } from './waits.ts';

/** Tests of how load balancers know where their servers are. */

/** RFC 1122 section 2.3.2.1. */
const ASKS_EVERY_MS = 1000;
/** Linux takes no other hardware address into an entry within a second of a change of it (`locktime`). */
const LOCKED_MS = 1100;
/**
 * The kernel takes a neighbour's new hardware address from the first ARP packet that names it; the daemon looks at the kernel's
 * table every 100 ms, and at the end of that look the data path has it. The rest is for labs that share the processors.
 */
const FOLLOWED_WITHIN_MS = 100 + 300;
/** Of documentation (RFC 7042), so that nobody has it. */
const NEW_MAC = '02:00:5e:00:53:15';
/**
 * The client acknowledges an answer with its next message, and so soon that its kernel waits for that one: at any moment a server
 * has answers that are not acknowledged. It sends them again within some 200 ms, and asks by ARP for the way to do so.
 */
const TALK = { count: 12, intervalMs: 25 };
/** So often each flow is answered afterwards: that takes longer than the load balancer may take. */
const AFTERWARDS = (2 * FOLLOWED_WITHIN_MS) / TALK.intervalMs;
/** Three servers share twelve flows; one of them has so many. */
const OF_ONE_SERVER = 4;

const goneServer: SuiteTest = {
  proves: ['ARP-16'],
  needs: ['neighbours'],
  run: async (scene) => {
    await scene.lab.pair();
    const nodes = scene.lab.nodes('nlb');
    const { name } = firstServer(scene);
    const address = scene.address(name, 'server');
    const forgotten = { what: 'forget the server', node: name };
    await scene.act('unplug the server', name, () => cut(scene, name, 'server'));
    await scene.act(forgotten.what, forgotten.node, async () => {
      for (const node of nodes) await forgetNeighbour(node, address, 'server');
    });
    await heardAsking(scene, address, 4 * nodes.length, scene.nowNs());
    await scene.act('plug the server in', name, () => heal(scene, name, 'server'));
    for (const node of nodes) await knows(scene, node.name, address);
    return Object.fromEntries(
      nodes.map((node) => {
        const port = scene.port(node.name, 'server');
        const rate = { everyMs: ASKS_EVERY_MS, after: forgotten, atLeast: 3 };
        return [`by ${node.name}`, asksAtMostEvery({ address, port, ...rate })];
      }),
    );
  },
};

/** The server that most of the flows are at. */
function busiest(scene: Scene, probes: readonly ProbeEnded[]) {
  const flows = Map.groupBy(lastOfEachFlow(probes), ({ server }) => server);
  const [name = ''] = [...flows].toSorted(([, one], [, other]) => other.length - one.length)[0] ?? [];
  return scene.lab.node(name);
}

const changedServer: SuiteTest = {
  proves: ['ARP-15'],
  needs: ['neighbours', 'stateScripts'],
  run: async (scene) => {
    const { active } = await scene.lab.pair();
    for (const { name } of scene.servers)
      await neighbourAtRest(scene, active.name, scene.address(name, 'server'), LOCKED_MS);
    const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), ...TALK });
    await answersAgain(scene, flows, 10 * TALK.count);
    const server = busiest(scene, flows.probes);
    const changed = { what: 'change the hardware address', node: server.name };
    const sinceNs = scene.nowNs();
    await scene.act(changed.what, changed.node, () => setMac(server, 'server', NEW_MAC));
    await sendsTo(scene, scene.port(active.name, 'server'), NEW_MAC, 1, sinceNs);
    await answersAgain(scene, flows, AFTERWARDS * TALK.count);
    await flows.stop();
    return {
      'packets go there, soon after it was named': followsHardwareAddress({
        path: scene.path(active.name),
        clusterAddress: scene.cluster,
        address: scene.address(server.name, 'server'),
        before: scene.mac(server.name, 'server'),
        now: NEW_MAC,
        after: changed,
        withinMs: FOLLOWED_WITHIN_MS,
        atLeast: 5 * OF_ONE_SERVER,
      }),
      'no message is lost': noneLost({ protocol: 'tcp', atLeast: 20 * TALK.count }),
      'each flow keeps its server': oneServerPerFlow({ atLeast: TALK.count }),
      'no daemon starts again': noScriptRan({ nodes: scene.lab.nodes('nlb').map(({ name }) => name) }),
    };
  },
};

/** In this order: the last one leaves a server with another hardware address than the plan's. */
export const neighbourTests: Record<string, SuiteTest> = {
  'a server that is gone is asked for once a second': goneServer,
  'a server whose hardware address changes is followed, without a restart': changedServer,
};
