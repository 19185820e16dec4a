import { countRefusals } from '../harness/act/refusals.ts';
import type { Scene } from '../harness/act/scene.ts';
import { sendToFencedNode } from '../harness/act/send-to-fenced-node.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { FORGED_FAST, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, atRest, receivedForCluster, runsScript, takesAlias } from '../harness/act/waits.ts';
import { asksOnlyInSilence } from '../harness/check/asking.ts';
import { beatsGoOn } from '../harness/check/beats.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { waitsOutDeadTime } from '../harness/check/dead-time.ts';
import { forwardsNoMore, silentOnceSucceeded } from '../harness/check/fenced.ts';
import { paused } from '../harness/check/pause.ts';
import { noneLost } from '../harness/check/probes.ts';
import { refusedMost } from '../harness/check/refused.ts';
import { between } from '../harness/check/span.ts';
import { startSystem } from '../harness/fault/daemon.ts';
import { floodHeartbeatPort } from '../harness/fault/heartbeat-flood.ts';
import { preparePowerLoss, restorePower } from '../harness/fault/power.ts';
import { randomFrom } from '../harness/fault/random.ts';
import { lieOnAndOn } from '../harness/fault/rogue-stations.ts';
import { heartbeatPort } from '../harness/fault/silence.ts';
import { stall } from '../harness/fault/stall.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES = { perSecond: 200, sourcePorts: 10, timeoutMs: 500 };
/** Three dead times. */
const CALM_PROBES = 3 * 200 * 0.2;
/** In a lab; the lease, for which alone one waits whose host says itself that nobody listens, is 150 ms. */
const DEAD_AFTER_MS = 200;
/** Past the lease of 150 ms, and into the half second in which the data path may go on forwarding. */
const STOPPED_MS = 450;
/** Packets, and questions, before the frozen node wakes, and afterwards. */
const SPOKEN_TO = 5;
const SUSPECT_MS = 30;
/**
 * Of the flood, where other labs run beside it, or a forwarder in user space, which takes a processor for it; alone, a machine
 * of two processors sends nearly all. Of less than this the verdict is unknown.
 */
const REACHED = 0.2;
const FLOOD = { perSecond: 100_000, seconds: 10 };
/** Three intervals of 20 ms: two processors send the flood, and work it off, beside a lab. */
const PAUSE_AT_MOST_MS = 60;

/** The legs of a node by which it beats. */
const legsOf = (scene: Scene, node: string) => ['access', 'server'].map((leg) => scene.port(node, leg));

/** A pair that is told all the time, in each other's name, that nobody listens there. */
async function liedTo(scene: Scene): Promise<Claims> {
  const { active, standby } = await atRest(scene);
  const fromNs = scene.nowNs();
  await scene.census();
  const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), ...PROBES });
  const lies = [active, standby].map(({ name }) => lieOnAndOn(scene, name));
  try {
    await answersAgain(scene, load, CALM_PROBES);
  } finally {
    for (const end of lies) end();
  }
  const untilNs = scene.nowNs();
  await load.stop();
  const nodes = [active.name, standby.name];
  return {
    'nothing moves': between({ fromNs, untilNs }, nothingMoved({ address: scene.nlbs, nodes })),
    'no probe is lost': noneLost({ protocol: 'udp', atLeast: CALM_PROBES }),
    'the standby does not even ask for the address': between(
      { fromNs, untilNs },
      asksOnlyInSilence({
        address: scene.nlbs,
        port: scene.port(standby.name, 'access'),
        ports: legsOf(scene, standby.name),
        beatPort: heartbeatPort(scene),
        silentMs: SUSPECT_MS,
        atLeast: 50,
      }),
    ),
  };
}

/** The active loses its power, so that its host is not there either, and the standby is told that nobody listens there. */
async function goneAndLiedAbout(scene: Scene): Promise<Claims> {
  const { active, standby } = await atRest(scene);
  const losePower = await preparePowerLoss(scene, active);
  const fromNs = scene.nowNs();
  const endLies = lieOnAndOn(scene, standby.name);
  try {
    await scene.act('power loss', active.name, losePower);
    await takesAlias(scene, standby.name, fromNs);
  } finally {
    endLies();
    await restorePower(scene, active);
  }
  startSystem(scene, active);
  await scene.lab.pair(10_000);
  return {
    'it takes over no sooner for that': waitsOutDeadTime({
      address: scene.nlbs,
      port: scene.port(standby.name, 'access'),
      peerMacs: ['access', 'server'].map((leg) => scene.mac(active.name, leg)),
      beatPort: heartbeatPort(scene),
      deadMs: DEAD_AFTER_MS,
      atLeast: SPOKEN_TO,
    }),
  };
}

/** The active stands still past its lease, and the standby is told that nobody listens there. */
async function frozenAndLiedAbout(scene: Scene): Promise<Claims> {
  const { active, standby } = await atRest(scene);
  await scene.census();
  const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), ...PROBES });
  const beganNs = scene.nowNs();
  const [leaveAlone, endLies] = [sendToFencedNode(scene, active.name, 2), lieOnAndOn(scene, standby.name)];
  await scene.act('stop', active.name, () => stall(scene.lab, active, 'stop', STOPPED_MS));
  const wokenNs = scene.nowNs();
  endLies();
  await runsScript(scene, active.name, 'standby', beganNs);
  await receivedForCluster(scene, active.name, 2 * SPOKEN_TO, wokenNs);
  await answersAgain(scene, load);
  leaveAlone();
  await load.stop();
  await scene.lab.pair();
  const beats = { node: active.name, port: heartbeatPort(scene) };
  const to = scene.port(standby.name, 'access');
  const stalled = { address: scene.nlbs, beats, successor: to, atLeast: SPOKEN_TO };
  return {
    'it was held up': paused({ ...beats, atLeastMs: STOPPED_MS - 20, lessThanMs: 2 * STOPPED_MS }),
    'from its successor’s announcement on it answers for nothing': silentOnceSucceeded({
      ...stalled,
      port: scene.port(active.name, 'access'),
    }),
    'and it forwards nothing, though it might for a while': forwardsNoMore({
      ...stalled,
      path: scene.path(active.name),
      clusterAddress: scene.cluster,
    }),
  };
}

/** A hundred thousand a second by each path, for ten seconds, with everything of the peer's but what its beats say. */
async function flooded(scene: Scene): Promise<Claims> {
  const { active, standby } = await atRest(scene);
  const fromNs = scene.nowNs();
  await scene.census();
  const what = 'flood the heartbeat port';
  await countRefusals(scene, active.name);
  const random = randomFrom(scene.seed);
  const sent = await scene.act(what, active.name, () => floodHeartbeatPort(scene, active.name, { ...FLOOD, random }));
  await countRefusals(scene, active.name);
  const untilNs = scene.nowNs();
  return {
    'nothing moves': between(
      { fromNs, untilNs },
      nothingMoved({ address: scene.nlbs, nodes: [active.name, standby.name] }),
    ),
    'its beats leave on time': beatsGoOn({
      ports: legsOf(scene, active.name),
      beatPort: heartbeatPort(scene),
      whilst: { what, node: active.name, times: 1, lastingMs: FLOOD.seconds * 900 },
      pauseAtMostMs: PAUSE_AT_MOST_MS,
    }),
    'nearly all of it is dropped before the daemon, and counted': refusedMost({
      node: active.name,
      reason: 'too many',
      sent,
      meant: REACHED * 2 * FLOOD.perSecond * FLOOD.seconds,
      share: 0.95,
    }),
  };
}

export default await suite(
  import.meta,
  'what is forged in the peer’s name moves nothing, and holds up no beat',
  { topologies: ['invention'], servers: 2, seconds: 17, needs: ['signedHeartbeats', 'refusals', 'stateScripts'] },
  {
    'refusals that are forged while both live cause nothing': { proves: ['HA-21 forged refusals'], run: liedTo },
    'nor do they shorten the wait for one whose host does not answer': {
      proves: ['HA-21 refusals while the host is gone'],
      run: goneAndLiedAbout,
    },
    'nor do they spare a frozen node the fence': {
      proves: ['HA-21 refusals for a frozen node', 'HA-10 with forged refusals'],
      drops: [SENT_TO_FENCED_NODE],
      run: frozenAndLiedAbout,
    },
    'a flood at the heartbeat port by both paths holds up no beat, and moves nothing': {
      thorough: true,
      random: true,
      proves: ['HA-21 floods at the heartbeat port'],
      drops: [FORGED_FAST],
      run: flooded,
    },
  },
);
