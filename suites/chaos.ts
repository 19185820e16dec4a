import { faultTargets, inflictAll, OVER } from '../harness/act/chaos.ts';
import { askFor } from '../harness/act/inject.ts';
import type { Scene } from '../harness/act/scene.ts';
import { DEAD_CABLE, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersInARow, atRest } from '../harness/act/waits.ts';
import { settled } from '../harness/check/settled.ts';
import { randomFrom } from '../harness/fault/random.ts';
import { planSchedule } from '../harness/fault/schedule.ts';
import { suite } from '../harness/runner/suite.ts';

const LENGTH_MS = 8000;
/** A daemon that was just started again listens, looks at its servers, and finds its place; a firewall finds its own. */
const SETTLES_AFTER_MS = 4800;
const PROBES_PER_SECOND = 100;
const ASK_EVERY_MS = 10;

/** Somebody whom no fault strikes asks for the address all the time: who answers beside the active is heard. */
function askAllTheTime(scene: Scene, struck: string): () => void {
  const asker = scene.lab.nodes('firewall').find(({ name }) => name !== struck);
  if (!asker) throw new Error(`the topology ${scene.lab.plan.topology} has no second firewall`);
  const timer = setInterval(() => askFor(scene, scene.nlbs, { node: asker.name, leg: 'access' }), ASK_EVERY_MS);
  return () => clearInterval(timer);
}

export default await suite(
  import.meta,
  'after any faults the pair settles',
  { topologies: ['invention'], servers: 2, seconds: 13 },
  {
    'eight seconds of random faults': {
      proves: ['HA-13'],
      drops: [SENT_TO_FENCED_NODE, ...DEAD_CABLE],
      needs: ['heartbeats'],
      random: true,
      run: async (scene) => {
        await atRest(scene);
        await scene.census();
        const field = faultTargets(scene);
        const schedule = planSchedule(randomFrom(scene.seed), field, LENGTH_MS);
        const load = await scene.client.startUdpProbes({
          target: scene.target('echo-udp'),
          perSecond: PROBES_PER_SECOND,
          timeoutMs: 500,
        });
        const stopAsking = askAllTheTime(scene, field.firewall);
        await inflictAll(scene, schedule);
        await atRest(scene);
        await answersInARow(scene, load, PROBES_PER_SECOND);
        stopAsking();
        await load.stop();
        return {
          'once the faults have ended one leads, and the cluster answers': settled({
            address: scene.nlbs,
            nodes: field.balancers,
            after: { what: OVER },
            withinMs: scene.lab.system.deadAfterMs + SETTLES_AFTER_MS,
            atLeast: PROBES_PER_SECOND / 2,
          }),
        };
      },
    },
  },
);
