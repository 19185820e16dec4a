import { writeFileSync } from 'node:fs';
import { followEventLog, readEventLog } from '../harness/act/event-log.ts';
import { peerTookOver } from '../harness/act/pair-claims.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { BEATS_AT_ONCE, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, runsScript } from '../harness/act/waits.ts';
import { beatsGoOn } from '../harness/check/beats.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { eventLogged } from '../harness/check/event-log.ts';
import { checksHung } from '../harness/check/hanging-check.ts';
import { noneLost } from '../harness/check/probes.ts';
import { scriptsApart, scriptsRan } from '../harness/check/scripts.ts';
import { between } from '../harness/check/span.ts';
import { cut, heal } from '../harness/fault/cable.ts';
import { signal, startSystem } from '../harness/fault/daemon.ts';
import { floodControl, hangAtControl, holdUpMain } from '../harness/fault/hold-up.ts';
import { stopNewConnections } from '../harness/fault/new-connections.ts';
import { heartbeatPort } from '../harness/fault/silence.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/**
 * The lease in a lab: whoever beats within it is never fenced, nor succeeded. What is held up here lasts seven times as long;
 * what a busy machine without a preemptive kernel does to any real-time thread does not.
 */
const PAUSE_AT_MOST_MS = 150;
const PROBES_PER_SECOND = 200;
const HANGING = 10;
const FLOOD = { connections: 8, answers: 50, lastingMs: 1000 };
/** As in the lab's configuration. */
const SCRIPT_LIMIT_MS = 2000;

/** Acts under load; claims that nothing moved, that no probe was lost, and that the beats of each node went on meanwhile. */
async function calmly(
  scene: Scene,
  whilst: string,
  times: number,
  lastingMs: number,
  act: (pair: Pair) => Promise<void>,
) {
  const pair = await scene.lab.pair();
  const fromNs = scene.nowNs();
  await scene.census();
  const target = scene.target('echo-udp');
  const load = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: 20 });
  await act(pair);
  await answersAgain(scene, load);
  await load.stop();
  const nodes = scene.lab.nodes('nlb').map(({ name }) => name);
  const beats = nodes.map((node) => [
    `the beats of ${node} go on`,
    beatsGoOn({
      ports: ['access', 'server'].map((leg) => scene.port(node, leg)),
      beatPort: heartbeatPort(scene),
      whilst: { what: whilst, node, times, lastingMs },
      pauseAtMostMs: PAUSE_AT_MOST_MS,
    }),
  ]);
  const claims: Claims = {
    'nothing moves': between({ fromNs }, nothingMoved({ address: scene.nlbs, nodes })),
    'no probe is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND / 2 }),
    ...Object.fromEntries(beats),
  };
  return claims;
}

interface Pair {
  active: LabNode;
  standby: LabNode;
}

/** From now on the node's script of `standby` leaves its mark and hangs, and that of `active` leaves its mark and fails. */
function spoilScripts(scene: Scene, node: LabNode): void {
  const { script, stateVariable } = scene.lab.use('stateScripts');
  const lines = [
    `[ "$${stateVariable}" = standby ] && sleep 60`,
    `[ "$${stateVariable}" = active ] && { echo "cannot tell"; exit 3; }`,
    'exit 0',
  ];
  writeFileSync(script(scene.lab.folder, node.name), `${lines.join('\n')}\n`, { flag: 'a' });
}

export default await suite(
  import.meta,
  'whatever is slow, hangs or fails beside it, the beat goes on',
  {
    topologies: ['invention'],
    servers: 2,
    seconds: 14,
    pair: { holdable: true },
    needs: ['signedHeartbeats', 'stateScripts', 'eventLog', 'healthChecks'],
  },
  {
    'the main threads of both daemons are held up for a second at a time': {
      proves: ['HA-1 not for a slow main thread'],
      run: (scene) => {
        const what = 'main thread held up';
        return calmly(scene, what, 2, 950, async ({ active, standby }) => {
          const holdUp = async (node: LabNode, how: 'work' | 'wait') =>
            scene.did(what, node.name, await holdUpMain(scene, node, how));
          // One at a time works, so that there is a processor left for those who notice.
          for (const [worker, waiter] of [
            [active, standby],
            [standby, active],
          ] as const)
            await Promise.all([holdUp(worker, 'work'), holdUp(waiter, 'wait')]);
        });
      },
    },
    'health checks hang: a server neither accepts nor refuses': {
      proves: ['HA-1 not for checks that hang'],
      run: async (scene) => {
        const [server] = scene.servers;
        if (!server) throw new Error('there is no server');
        const what = 'checks hang';
        let hung = { fromNs: 0, untilNs: 0 };
        const claims = await calmly(scene, what, 1, 1000, async ({ active, standby }) => {
          const sick = (line: Record<string, unknown>) => line.event === 'health' && line.healthy === false;
          const answerAgain = scene.defer(what, await stopNewConnections(server, 'unanswered'));
          const fromNs = scene.nowNs();
          for (const node of [active, standby]) {
            const log = followEventLog(scene, node, what);
            await log.shows('that the server does not answer', sick, { sinceNs: fromNs });
            await log.stop();
          }
          hung = { fromNs, untilNs: scene.nowNs() };
          for (const { name } of [active, standby])
            scene.recorder.record({ kind: 'act', what, node: name, atNs: hung.fromNs, untilNs: hung.untilNs });
          await answerAgain();
        });
        const bites = scene.lab.nodes('nlb').map(({ name }) => [
          `connections that ${name} begins to ${server.name} hang`,
          between(
            hung,
            checksHung({
              server: scene.port(server.name, 'server'),
              from: scene.address(name, 'server'),
              atLeast: 2,
            }),
          ),
        ]);
        return { ...claims, ...Object.fromEntries(bites) };
      },
    },
    'operators’ programs hang at the control socket, and others flood it': {
      proves: ['HA-1 not for a busy control socket'],
      run: (scene) =>
        calmly(scene, 'control flooded', 1, FLOOD.lastingMs, async ({ active, standby }) => {
          const flood = async (node: LabNode) => {
            const hanging = await hangAtControl(scene, node, HANGING);
            await floodControl(scene, node, FLOOD);
            hanging.stop();
          };
          await Promise.all(
            [active, standby].map((node) => scene.act('control flooded', node.name, () => flood(node))),
          );
        }),
    },
    'a script that hangs, or fails, delays no takeover': {
      proves: ['HA-5 one that hangs', 'HA-5 one that fails', 'HA-1 killed'],
      drops: [BEATS_AT_ONCE, SENT_TO_FENCED_NODE],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        await scene.census();
        const target = scene.target('echo-udp');
        const load = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: 20 });
        const fromNs = scene.nowNs();
        spoilScripts(scene, standby);
        await scene.act('cut the server leg', standby.name, () => cut(scene, standby.name, 'server'));
        await runsScript(scene, standby.name, 'inop', fromNs);
        await scene.act('heal the server leg', standby.name, () => heal(scene, standby.name, 'server'));
        await runsScript(scene, standby.name, 'standby', fromNs);
        await scene.act('kill -9', active.name, () => signal(scene, active, 'SIGKILL'));
        await runsScript(scene, standby.name, 'active', fromNs);
        await answersAgain(scene, load);
        await load.stop();
        const reading = 'scripts';
        const log = followEventLog(scene, standby, `${reading}, live`);
        await log.shows('the end of the last script', (line) => line.event === 'script' && line.state === 'active', {
          sinceNs: fromNs,
        });
        await log.stop();
        await readEventLog(scene, standby, reading);
        startSystem(scene, active);
        await scene.lab.pair(10_000);
        const logged = { node: standby.name, reading, name: 'script', sinceNs: fromNs };
        return {
          'the takeover waits for no script': peerTookOver(scene, {
            from: active.name,
            to: standby.name,
            what: 'kill -9',
            withinMs: 1000,
          }),
          'while the script of standby still hangs': between(
            { fromNs },
            scriptsApart({ node: standby.name, first: 'standby', next: 'active', atLeastMs: SCRIPT_LIMIT_MS - 100 }),
          ),
          'each script is run once, in order, though the state has moved on': scriptsRan({
            node: standby.name,
            states: ['inop', 'initial', 'standby', 'active'],
          }),
          'the log tells of the one that hung': eventLogged({
            ...logged,
            fields: { state: 'standby', why: `killed after ${SCRIPT_LIMIT_MS} ms` },
          }),
          'and of the one that failed, with its status and its words': eventLogged({
            ...logged,
            fields: { state: 'active', status: 3, output: 'cannot tell\n' },
          }),
        };
      },
    },
  },
);
