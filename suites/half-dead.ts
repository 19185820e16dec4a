import { readEventLog } from '../harness/act/event-log.ts';
import { peerTookOver } from '../harness/act/pair-claims.ts';
import type { Scene } from '../harness/act/scene.ts';
import { answersAgain, atRest, runsScript } from '../harness/act/waits.ts';
import { lastedAtMost } from '../harness/check/act-lasted.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { eventLogged } from '../harness/check/event-log.ts';
import { noneLost } from '../harness/check/probes.ts';
import { scriptsRan } from '../harness/check/scripts.ts';
import { between } from '../harness/check/span.ts';
import { startSystem, stopSystem } from '../harness/fault/daemon.ts';
import { hangMain, starveOfFiles } from '../harness/fault/hold-up.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES_PER_SECOND = 200;
/** What the main thread has told is good for 3 s; asking and taking over follow, on a machine that labs share. */
const TAKEOVER_WITHIN_MS = 4000;
/** The checks fail one by one, and passes for a second before they are news. */
const STARVED_WITHIN_MS = 4000;
/** Told to stop when it already hangs; a handover is waited for, 400 ms in a lab. */
const ENDS_WITHIN_MS = 2000;

/** As long as a refusal of the kernel is held against a node, and as much again. */
const FED_WITHIN_MS = 20_000;

const STARVED = 'no more files';

const passesLogged = (node: string, fields: { failing: boolean }, sinceNs: number) =>
  eventLogged({ node, reading: STARVED, name: 'pass', fields, sinceNs });

async function load(scene: Scene) {
  await scene.census();
  const probes = await scene.client.startUdpProbes({
    target: scene.target('echo-udp'),
    perSecond: PROBES_PER_SECOND,
    sourcePorts: 20,
    timeoutMs: 500,
  });
  await answersAgain(scene, probes);
  return probes;
}

export default await suite(
  import.meta,
  'a load balancer whose beat goes on, and nothing else, makes way for one that is well',
  {
    topologies: ['invention'],
    servers: 2,
    seconds: 25,
    thorough: true,
    pair: { holdable: true },
    needs: ['stateScripts', 'eventLog'],
  },
  {
    'the main thread of the active hangs for good: the standby leads, and SIGTERM ends what is left': {
      proves: ['HA-2 its main thread hangs'],
      run: async (scene) => {
        const { active, standby } = await atRest(scene);
        const probes = await load(scene);
        const what = 'the main thread hangs';
        const hungNs = scene.nowNs();
        await scene.act(what, active.name, () => hangMain(scene, active));
        await runsScript(scene, standby.name, 'active', hungNs);
        await answersAgain(scene, probes);
        await scene.act('SIGTERM', active.name, () => stopSystem(scene, active));
        await answersAgain(scene, probes);
        await probes.stop();
        startSystem(scene, active);
        await scene.lab.pair(10_000);
        return {
          'the standby takes over': peerTookOver(scene, {
            from: active.name,
            to: standby.name,
            what,
            withinMs: TAKEOVER_WITHIN_MS,
          }),
          'nothing is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND }),
          'the one that hangs ends in time when it is told to': lastedAtMost({
            act: { what: 'SIGTERM', node: active.name },
            ms: ENDS_WITHIN_MS,
          }),
        };
      },
    },
    'the active can open nothing more, so that its passes fail: the standby leads, until that is over and beyond': {
      proves: ['HA-2 its passes fail', 'HA-16 passes that fail'],
      breaks: [
        {
          invariant: 'scripts in order',
          why: 'a node that can open nothing more can start no script either',
          from: { what: STARVED },
        },
      ],
      run: async (scene) => {
        const { active, standby } = await atRest(scene);
        const probes = await load(scene);
        const what = STARVED;
        const starvedNs = scene.nowNs();
        const hunger = await scene.act(what, active.name, () => starveOfFiles(scene, active));
        await runsScript(scene, standby.name, 'active', starvedNs);
        await answersAgain(scene, probes);
        await scene.act('files again', active.name, () => hunger.end());
        const fedNs = scene.nowNs();
        // An address that the kernel would not take off is held against the node for a while.
        await scene.lab.pair(FED_WITHIN_MS);
        await runsScript(scene, active.name, 'standby', fedNs);
        const calmNs = scene.nowNs();
        await answersAgain(scene, probes, PROBES_PER_SECOND);
        await probes.stop();
        await readEventLog(scene, active, STARVED);
        return {
          'the standby takes over': peerTookOver(scene, {
            from: active.name,
            to: standby.name,
            what,
            withinMs: STARVED_WITHIN_MS,
          }),
          'nothing is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND }),
          'the log says that passes fail': passesLogged(active.name, { failing: true }, starvedNs),
          'and that they do no more': passesLogged(active.name, { failing: false }, starvedNs),
          'the one that was starved stands by when that is over': between(
            { fromNs: fedNs },
            scriptsRan({ node: active.name, states: ['initial', 'standby'] }),
          ),
          'and nothing moves any more': between(
            { fromNs: calmNs },
            nothingMoved({ address: scene.nlbs, nodes: [active.name, standby.name] }),
          ),
        };
      },
    },
  },
);
