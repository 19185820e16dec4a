import { readEventLog } from '../harness/act/event-log.ts';
import type { Scene } from '../harness/act/scene.ts';
import { answersAgain, atRest, runsScript } from '../harness/act/waits.ts';
import { eventLogged } from '../harness/check/event-log.ts';
import { settled } from '../harness/check/settled.ts';
import { ahead } from '../harness/fault/ahead.ts';
import { pretend, recordingsFor, waysTo } from '../harness/fault/imposter.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES_PER_SECOND = 200;
/** Two seconds of beats: what a node that was put back so far has yet to send. */
const BEATS = 100;
/** It listens, as at its start, for the 200 ms of a dead time; asking and announcing follow, on processors that labs share. */
const SETTLED_WITHIN_MS = 1000;

const why = (peer: string): string =>
  `lease lost: ${peer} has heard beats that are yet to be sent: a snapshot was restored here, or there is a clone`;

/**
 * No memory of a daemon can be put back here. But all that such a daemon can know of it is a word of its peer, and that is said: in
 * the peer's name, by somebody who has the key.
 */
async function tellOfCopy(scene: Scene, victim: string): Promise<void> {
  const [secret = ''] = scene.lab.setup.secrets;
  const [way] = waysTo(scene, victim);
  if (!way) throw new Error(`nobody can speak to ${victim} in its peer’s name`);
  const last = await scene.wait(`a beat comes to ${victim}`, (events) =>
    recordingsFor(scene, events, way).toVictim.at(-1),
  );
  pretend(scene, way, ahead(last, secret, BEATS));
}

export default await suite(
  import.meta,
  'a node that goes on from a snapshot, or has a clone, gives up its lease when its peer’s beats tell',
  { topologies: ['invention'], servers: 2, seconds: 5, needs: ['signedHeartbeats', 'stateScripts', 'eventLog'] },
  {
    'the active hears that its peer has heard what it has yet to send: it lets go at once, says why, and the pair settles':
      {
        proves: ['HA-18'],
        run: async (scene) => {
          const { active, standby } = await atRest(scene);
          const nodes = [active.name, standby.name];
          await scene.census();
          const load = await scene.client.startUdpProbes({
            target: scene.target('echo-udp'),
            perSecond: PROBES_PER_SECOND,
            timeoutMs: 500,
          });
          await answersAgain(scene, load);
          const what = 'its peer is ahead';
          const toldNs = scene.nowNs();
          await scene.act(what, active.name, () => tellOfCopy(scene, active.name));
          await runsScript(scene, active.name, 'initial', toldNs);
          await atRest(scene);
          await answersAgain(scene, load, PROBES_PER_SECOND);
          await load.stop();
          await readEventLog(scene, active, what);
          const logged = { node: active.name, reading: what, name: 'state', sinceNs: toldNs };
          return {
            'it gives up its lease, and says why': eventLogged({
              ...logged,
              fields: { state: 'initial', previous: 'active', reason: why(standby.name) },
            }),
            'one leads again, and every probe is answered': settled({
              address: scene.nlbs,
              nodes,
              after: { what, node: active.name },
              withinMs: SETTLED_WITHIN_MS,
              atLeast: PROBES_PER_SECOND,
            }),
          };
        },
      },
  },
);
