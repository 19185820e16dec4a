import { reloadBoth } from '../harness/act/reload.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims, SuiteTest } from '../harness/act/suite-test.ts';
import { DEAD_CABLE, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, enters } from '../harness/act/waits.ts';
import { noneCorrupt, noReset, ofUnusedPorts } from '../harness/check/probes.ts';
import { oneServerPerFlow } from '../harness/check/selection.ts';
import { until } from '../harness/clock/until.ts';
import { cutBoth, healBoth } from '../harness/fault/cable.ts';
import { signal, startSystem } from '../harness/fault/daemon.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/** So many long connections that each of three servers has some of them, but for one run in a million. */
const FLOWS = 40;
const PROBES_PER_SECOND = 200;
const IN_STEP_WITHIN_MS = 10_000;

interface Takeover {
  aspect: string;
  what: string;
  strike(scene: Scene, active: LabNode): Promise<void>;
  mend?(scene: Scene, struck: LabNode): Promise<void>;
  drops?: SuiteTest['drops'];
}

/** The node that leads says that the other may take over at any instant. */
async function inStep(scene: Scene): Promise<{ active: LabNode; standby: LabNode }> {
  const pair = await scene.lab.pair(IN_STEP_WITHIN_MS);
  const isInStep = scene.lab.use('inStep');
  await until(async () => (await isInStep(pair.active)) === true, {
    what: `${pair.standby.name} is in step with ${pair.active.name}`,
    withinMs: IN_STEP_WITHIN_MS,
    everyMs: 20,
    isPromise: true,
  });
  return pair;
}

/** Weights that make both nodes' own tables others than those by which the connections were placed. */
const REWEIGHED = [{ server1: 0, server2: 5 }, { server1: 5, server3: 0 }, {}];

/** Connections and datagram flows that begin under each of several weights; one node after the other leads. */
function survives({ aspect, what, strike, mend, drops = [] }: Takeover): SuiteTest {
  return {
    proves: [`HA-3 ${aspect}`],
    drops: [SENT_TO_FENCED_NODE, ...drops],
    run: async (scene) => {
      const { active, standby } = await inStep(scene);
      const loads = [];
      for (const [turn, weights] of REWEIGHED.entries()) {
        const tcp = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 100 });
        const target = scene.target('echo-udp');
        const udp = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: FLOWS });
        loads.push(tcp, udp);
        await answersAgain(scene, tcp, 2 * FLOWS);
        await reloadBoth(scene, `other weights, ${turn + 1}`, { weights });
      }
      await inStep(scene);
      const struckNs = scene.nowNs();
      await scene.act(what, active.name, () => strike(scene, active));
      await enters(scene, standby.name, 'active', struckNs);
      for (const load of loads) await answersAgain(scene, load, 4 * FLOWS);
      if (mend) await scene.act(`mend: ${what}`, active.name, () => mend(scene, active));
      await inStep(scene);
      await Promise.all(loads.map((load) => load.stop()));
      return nothingLost;
    },
  };
}

const nothingLost: Claims = {
  'no connection is reset': noReset({ protocol: 'tcp', atLeast: 2 * FLOWS }),
  'every byte comes back as it was sent': noneCorrupt({ protocol: 'tcp', atLeast: 2 * FLOWS }),
  'every flow keeps its server': ofUnusedPorts({}, oneServerPerFlow({ atLeast: 2 * FLOWS })),
};

export default await suite(
  import.meta,
  'a takeover that no connection notices, whatever the weights',
  {
    topologies: ['invention'],
    seconds: 30,
    pair: { inStep: true },
    needs: ['reload', 'weights', 'inStep', 'handover'],
  },
  {
    'the active is asked to stand by': survives({
      aspect: 'planned',
      what: 'stand by',
      strike: (scene, active) => scene.lab.use('handover').standBy(active),
    }),
    'kill -9 of the active': survives({
      aspect: 'killed',
      what: 'kill -9',
      strike: async (scene, active) => signal(scene, active, 'SIGKILL'),
      mend: async (scene, struck) => startSystem(scene, struck),
    }),
    'power loss of the active': survives({
      aspect: 'power loss',
      what: 'power loss',
      drops: DEAD_CABLE,
      strike: async (scene, active) => {
        await scene.lab.beforeStop?.(active);
        await Promise.all([active.freeze(), cutBoth(scene, active.name)]);
      },
      mend: async (scene, struck) => {
        await struck.killAll();
        await healBoth(scene, struck.name);
        startSystem(scene, struck);
      },
    }),
  },
);
