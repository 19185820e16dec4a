import { makeCablesBad } from '../harness/act/bad-cables.ts';
import type { Scene } from '../harness/act/scene.ts';
import { answersAgain, atRest } from '../harness/act/waits.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { cableImpaired } from '../harness/check/impaired.ts';
import { between } from '../harness/check/span.ts';
import type { Impairment } from '../harness/fault/impairment.ts';
import { suite } from '../harness/runner/suite.ts';

/** Late by more than an interval of 20 ms between beats, so that many overtake others; dead is who is silent for 200 ms. */
const BAD: Impairment = {
  delayMs: 25,
  jitterMs: 15,
  lostPerMille: 30,
  duplicatedPerMille: 100,
  overtakingPerMille: 100,
};
const PROBES_PER_SECOND = 200;
/** Three seconds: a hundred and fifty beats by each cable and direction. */
const PROBES = 600;
const WHAT = 'bad cables';

export default await suite(
  import.meta,
  'cables that delay, lose, double and reorder frames move nothing',
  { topologies: ['invention'], servers: 2, seconds: 10, thorough: true },
  {
    'beats that come late, twice, in another order, or not at all are no reason to take over': {
      proves: ['HA-11 late and reordered', 'HA-12 doubled on their way'],
      drops: [
        {
          cause: 'flooded',
          why: 'bad cables are between the active and the switch, which floods until it has learnt that',
        },
      ],
      needs: ['signedHeartbeats', 'witness'],
      random: true,
      run: async (scene) => {
        const { active, standby } = await atRest(scene);
        const target = scene.target('echo-udp');
        const load = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, timeoutMs: 1000 });
        await answersAgain(scene, load);
        const legs = ['access', 'server'];
        await scene.act(WHAT, active.name, async () => {
          const repair = await makeCablesBad(scene, active.name, legs, BAD);
          await answersAgain(scene, load, PROBES);
          await repair();
        });
        const { fromNs, untilNs } = lastAct(scene);
        await answersAgain(scene, load);
        await load.stop();
        return {
          ...Object.fromEntries(
            legs.map((leg) => [
              `the cable of ${leg} was bad`,
              cableImpaired({ node: active.name, leg, atLeast: { lost: 3, duplicated: 10, overtaking: 10 } }),
            ]),
          ),
          'nothing moves': between(
            { fromNs, untilNs },
            nothingMoved({ address: scene.nlbs, nodes: [active.name, standby.name] }),
          ),
        };
      },
    },
  },
);

function lastAct(scene: Scene): { fromNs: number; untilNs: number } {
  const act = scene.recorder.events().findLast((event) => event.kind === 'act' && event.what === WHAT);
  if (act?.kind !== 'act') throw new Error(`${WHAT} was not done`);
  return { fromNs: act.atNs, untilNs: act.untilNs ?? act.atNs };
}
