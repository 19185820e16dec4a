import type { Scene } from '../harness/act/scene.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { answersAgain, atRest, runsScript, takesAlias } from '../harness/act/waits.ts';
import { noneLost } from '../harness/check/probes.ts';
import { scriptsRan } from '../harness/check/scripts.ts';
import { between } from '../harness/check/span.ts';
import { heldAtLeast } from '../harness/check/tenure.ts';
import { signal, startSystem } from '../harness/fault/daemon.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';
import type { Load } from '../harness/traffic/client-handle.ts';

const PROBES_PER_SECOND = 200;
/** Also where the script by which its return is seen ran late, so that it had the lead soon after. */
const ENOUGH_PROBES = PROBES_PER_SECOND / 4;
/**
 * Of the pair in a lab: the first hold-down, doubled each time that the lead is lost again soon. A primary that starts anew has to be
 * fit for the first one, which takes it two seconds: only a longer one shows that hold-downs grow.
 */
const HOLD_DOWNS_MS = [1000, 2000, 4000];
/** The other one may have led before the primary did, when the lab came up, so its hold-down may be one step further. */
const HAS_IT_BACK_WITHIN_MS = 12_000;

/** The primary of the topology, once it leads and its script of that has run, and the other one, which may have led before. */
async function pairOf(scene: Scene): Promise<{ primary: LabNode; other: LabNode }> {
  const { active, standby } = await scene.lab.pair(10_000);
  const [primary, other] = active.home.plan.primary ? [active, standby] : [standby, active];
  await runsScript(scene, primary.name, 'active');
  await atRest(scene);
  return { primary, other };
}

/** The primary dies and is started again; gives the time in which it came back and had the lead again, with enough probes. */
async function dieAndReturn(scene: Scene, primary: LabNode, load: Load): Promise<{ fromNs: number; untilNs: number }> {
  const killedNs = scene.nowNs();
  await scene.act('kill -9', primary.name, () => signal(scene, primary, 'SIGKILL'));
  await scene.act('start', primary.name, () => startSystem(scene, primary));
  await runsScript(scene, primary.name, 'standby', killedNs);
  const fromNs = scene.nowNs();
  await takesAlias(scene, primary.name, fromNs, HAS_IT_BACK_WITHIN_MS);
  await runsScript(scene, primary.name, 'active', fromNs);
  await answersAgain(scene, load, ENOUGH_PROBES);
  return { fromNs, untilNs: scene.nowNs() };
}

export default await suite(
  import.meta,
  'a primary that recovers has the lead back by itself, and ever later the more often it loses it',
  {
    topologies: ['invention'],
    servers: 2,
    seconds: 17,
    pair: { recovery: 'automatic' },
    needs: ['holdDown', 'stateScripts'],
  },
  {
    'a primary that dies and returns, again and again': {
      proves: ['HA-8 automatic'],
      run: async (scene) => {
        const { primary, other } = await pairOf(scene);
        await scene.census();
        const load = await scene.client.startUdpProbes({
          target: scene.target('echo-udp'),
          perSecond: PROBES_PER_SECOND,
          timeoutMs: 1000,
        });
        await answersAgain(scene, load);
        const fromNs = scene.nowNs();
        const returns = [];
        for (const _ of HOLD_DOWNS_MS) {
          returns.push(await dieAndReturn(scene, primary, load));
        }
        await load.stop();
        await scene.lab.pair();
        const lossless = returns.map((span, i): [string, Claims[string]] => [
          `switch ${i + 1} back to the primary loses nothing`,
          between(span, noneLost({ protocol: 'udp', atLeast: ENOUGH_PROBES })),
        ]);
        return {
          'it has the lead back each time, and only when it stands by': between(
            { fromNs },
            scriptsRan({ node: primary.name, states: HOLD_DOWNS_MS.flatMap(() => ['initial', 'standby', 'active']) }),
          ),
          'the other one, which leads meanwhile, lets it wait longer each time': between(
            { fromNs },
            heldAtLeast({ address: scene.nlbs, node: other.name, eachMs: HOLD_DOWNS_MS }),
          ),
          ...Object.fromEntries(lossless),
        };
      },
    },
  },
);
