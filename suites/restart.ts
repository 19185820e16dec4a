import { askFor } from '../harness/act/inject.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, runsScript } from '../harness/act/waits.ts';
import { answersWith } from '../harness/check/arp.ts';
import { noneLost, noReset } from '../harness/check/probes.ts';
import { scriptsRan } from '../harness/check/scripts.ts';
import { oneServerPerFlow } from '../harness/check/selection.ts';
import { between } from '../harness/check/span.ts';
import { addressesUntouched, otherFlowsKept } from '../harness/check/undisturbed.ts';
import { signal, startSystem, stopSystem } from '../harness/fault/daemon.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES_PER_SECOND = 200;
const FLOWS = 40;
/** A node that answered nothing for so long would have been noticed: the lease and the restart itself take longer. */
const PAUSE_AT_MOST_MS = 100;
const ASK_EVERY_MS = 20;
const RESTARTS = 3;
/** The kernel answers at once; the rest is a machine that others use as well. */
const ANSWER_WITHIN_MS = 100;

/** Datagrams and long connections go on while something is done, and are answered after it. */
async function underLoad(scene: Scene, doIt: () => Promise<void>): Promise<void> {
  const target = scene.target('echo-udp');
  const datagrams = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: 20 });
  const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 250 });
  await answersAgain(scene, flows, 2 * FLOWS);
  await doIt();
  await answersAgain(scene, flows, 4 * FLOWS);
  await answersAgain(scene, datagrams, PROBES_PER_SECOND / 5);
  await Promise.all([datagrams.stop(), flows.stop()]);
}

const nothingLost: Claims = {
  'no datagram is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND }),
  'no message of a connection is lost': noneLost({ protocol: 'tcp', atLeast: FLOWS }),
  'no connection is reset': noReset({ protocol: 'tcp', atLeast: FLOWS }),
  'every flow keeps its server': oneServerPerFlow({ atLeast: FLOWS }),
};

/** The daemon on a node ends orderly, and starts again. */
async function restart(scene: Scene, node: LabNode): Promise<void> {
  await stopSystem(scene, node);
  startSystem(scene, node);
}

/** A lone node: its peer has gone, and said so. */
async function alone(scene: Scene): Promise<{ active: LabNode; absent: LabNode }> {
  const { active, standby } = await scene.lab.pair();
  await scene.act('stop the standby', standby.name, () => stopSystem(scene, standby));
  return { active, absent: standby };
}

/** Asks for the NLBS address from both firewalls, again and again, until something is over. */
async function whileAsking(scene: Scene, something: () => Promise<void>): Promise<void> {
  const firewalls = scene.lab.nodes('firewall');
  const ask = () => {
    for (const { name } of firewalls) askFor(scene, scene.nlbs, { node: name, leg: 'access' });
  };
  const asking = setInterval(ask, ASK_EVERY_MS);
  try {
    await something();
  } finally {
    clearInterval(asking);
  }
}

export default await suite(
  import.meta,
  'a daemon that is restarted or upgraded goes on forwarding',
  {
    topologies: ['invention'],
    seconds: 16,
    pair: { keeps: true },
    needs: ['stateScripts', 'handover', 'reload', 'weights'],
  },
  {
    'the active is restarted while its peer lives: it hands over first': {
      proves: ['HA-14 restarted beside its peer'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const fromNs = scene.nowNs();
        await underLoad(scene, async () => {
          await scene.act('restart', active.name, () => restart(scene, active));
          await runsScript(scene, active.name, 'standby', fromNs);
        });
        await scene.lab.pair();
        return {
          ...nothingLost,
          'it comes back as standby': scriptsRan({ node: active.name, states: ['inop', 'initial', 'standby'] }),
          'the other one leads meanwhile': scriptsRan({ node: standby.name, states: ['active'] }),
        };
      },
    },
    'a lone node is restarted again and again: the address is answered for all the time, and nothing is lost': {
      proves: ['HA-14 restarted alone'],
      run: async (scene) => {
        const { active, absent } = await alone(scene);
        await scene.census();
        const beganNs = scene.nowNs();
        await whileAsking(scene, () =>
          underLoad(scene, async () => {
            for (let time = 0; time < RESTARTS; time++) {
              const fromNs = scene.nowNs();
              await scene.act('restart', active.name, () => restart(scene, active));
              await runsScript(scene, active.name, 'active', fromNs);
            }
          }),
        );
        const endedNs = scene.nowNs();
        startSystem(scene, absent);
        await scene.lab.pair();
        const meanwhile = { fromNs: beganNs, untilNs: endedNs };
        return {
          ...nothingLost,
          'and datagrams were sent all the time': between(
            meanwhile,
            noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND, pauseAtMostMs: PAUSE_AT_MOST_MS }),
          ),
          'every question for the address is answered, with one hardware address': between(
            meanwhile,
            answersWith({
              address: scene.nlbs,
              port: scene.port(active.name, 'access'),
              mac: scene.mac(active.name, 'access'),
              atLeast: 100,
              withinMs: ANSWER_WITHIN_MS,
            }),
          ),
          'none of its addresses comes or goes': between(meanwhile, addressesUntouched({ nodes: [active.name] })),
          'it leads each time': between(
            meanwhile,
            scriptsRan({ node: active.name, states: Array(RESTARTS).fill(['initial', 'active']).flat() }),
          ),
        };
      },
    },
    'kill -9 and a start while the peer lives: nothing is lost, nor when it leads again': {
      proves: ['HA-14 killed beside its peer', 'HA-4 killed beside its peer'],
      drops: [SENT_TO_FENCED_NODE],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const fromNs = scene.nowNs();
        await underLoad(scene, async () => {
          await scene.act('kill -9', active.name, () => signal(scene, active, 'SIGKILL'));
          startSystem(scene, active);
          await runsScript(scene, standby.name, 'active', fromNs);
          await runsScript(scene, active.name, 'standby', fromNs);
          await scene.lab.use('handover').takeOver(active);
          await runsScript(scene, active.name, 'active', fromNs);
        });
        await scene.lab.pair();
        return {
          ...nothingLost,
          'it starts anew, stands by, and leads when asked to': scriptsRan({
            node: active.name,
            states: ['initial', 'standby', 'active'],
          }),
        };
      },
    },
    'kill -9 and a start of a lone node: it knows the connections of its earlier life': {
      proves: ['HA-14 killed alone', 'HA-4 killed alone'],
      drops: [
        { cause: 'no lease', why: 'a lone node that was killed forwards for a while only, until it is started again' },
      ],
      run: async (scene) => {
        const { active, absent } = await alone(scene);
        const kill = { what: 'kill -9', node: active.name };
        const fromNs = scene.nowNs();
        await underLoad(scene, async () => {
          // By its weight all would now go to server1: what stays elsewhere does so because it is remembered.
          await scene.lab.reload(active, { weights: { server2: 0, server3: 0 } });
          await scene.act(kill.what, kill.node, () => signal(scene, active, 'SIGKILL'));
          startSystem(scene, active);
          await runsScript(scene, active.name, 'active', fromNs);
        });
        await scene.lab.reload(active, {});
        startSystem(scene, absent);
        await scene.lab.pair();
        return {
          'no connection is reset': noReset({ protocol: 'tcp', atLeast: FLOWS }),
          'every flow keeps its server': oneServerPerFlow({ atLeast: FLOWS }),
          'also those of servers that are given no more': otherFlowsKept({
            server: 'server1',
            after: kill,
            protocol: 'tcp',
            atLeast: FLOWS / 3,
          }),
        };
      },
    },
  },
);
