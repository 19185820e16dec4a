import { asksAtMostEvery, asksOnlyInSilence } from '../harness/check/asking.ts';
import { beatsGoOn } from '../harness/check/beats.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { forwardsNoMore, silentOnceSucceeded } from '../harness/check/fenced.ts';
import { paused } from '../harness/check/pause.ts';
import { noneLost } from '../harness/check/probes.ts';
import { refusedAtLeast } from '../harness/check/refused.ts';
import { between } from '../harness/check/span.ts';
import { tookOver } from '../harness/check/takeover.ts';
import { told } from '../harness/check/told.ts';
import { randomFrom } from '../harness/fault/random.ts';
import { HEARTBEAT_PORT } from '../harness/fault/silence.ts';
import { stall } from '../harness/fault/stall.ts';
import { dropOnLan } from '../harness/suite/drop-on-lan.ts';
import { followEventLog } from '../harness/suite/event-log.ts';
import { cutBoth, healBoth } from '../harness/suite/faults.ts';
import { askInNameOf, holdAddress, lieOnAndOn, suppressArp } from '../harness/suite/meddling.ts';
import { pester } from '../harness/suite/pester.ts';
import { floodHeartbeatPort } from '../harness/suite/port-flood.ts';
import { countRefusals } from '../harness/suite/refusals.ts';
import type { Scene } from '../harness/suite/scene.ts';
import { type Claims, type SuiteTest, suite } from '../harness/suite/suite.ts';
import { answersAgain, atRest, runsScript } from '../harness/suite/waits.ts';

/** Of documentation (RFC 7042), so that nobody has it. */
const STRANGER = '02:00:5e:00:53:99';
/** Declared dead after 200 ms; asking for the address and taking over follow: as where nobody meddles. */
const TAKEOVER_WITHIN_MS = 1000;
/** A hold is 240 ms here, and whoever has the dead node's hardware address gets two. */
const HELD_OFF_MS = 480;
const PROBES = { perSecond: 200, sourcePorts: 10, timeoutMs: 500 };
/** Three dead times. */
const CALM_PROBES = 3 * 200 * 0.2;
/** Past the lease of 150 ms, and into the half second in which the data path may go on forwarding. */
const STOPPED_MS = 450;
const SUSPECT_MS = 30;
const FLOOD = { perSecond: 100_000, seconds: 10 };
/** Three intervals of 20 ms: two processors send the flood, and work it off, beside a lab. */
const PAUSE_AT_MOST_MS = 60;
const POWER = 'power loss';

interface Meddler {
  /** Begins before the active dies, or with that; gives what ends it. */
  meddle(scene: Scene, dead: string, survivor: string): () => void;
  /** The hardware address that claims the address, where one does. */
  claimant?(scene: Scene, dead: string): string;
  lateMs?: number;
}

/** The active loses both links, and whatever others say, its standby leads as soon as ever. */
function takesOverInSpiteOf({ meddle, claimant, lateMs = 0 }: Meddler): SuiteTest {
  return {
    proves: ['HA-21'],
    run: async (scene) => {
      const { active, standby } = await atRest(scene);
      await scene.census();
      const [dead, survivor] = [active.name, standby.name];
      const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), ...PROBES });
      const events = followEventLog(scene, standby, POWER);
      const leaveAlone = meddle(scene, dead, survivor);
      const struckNs = scene.nowNs();
      try {
        await scene.act(POWER, dead, () => cutBoth(scene, dead));
        await runsScript(scene, survivor, 'active', struckNs);
        await answersAgain(scene, load);
        if (claimant) await events.shows('the conflict', ({ event }) => event === 'conflict');
      } finally {
        leaveAlone();
        await events.stop();
        await load.stop();
        await healBoth(scene, dead);
      }
      await scene.lab.pair(10_000);
      const mac = claimant?.(scene, dead);
      const inConflict = (line: Record<string, unknown>) => Array.isArray(line.macs) && line.macs.includes(mac);
      const fought = told({
        node: survivor,
        reading: POWER,
        event: 'conflict',
        what: `a conflict with ${mac}`,
        fits: inConflict,
      });
      return {
        'the standby takes the address, announces it, and the cluster answers, in the usual time': tookOver({
          address: scene.nlbs,
          from: dead,
          to: scene.port(survivor, 'access'),
          after: { what: POWER, node: dead },
          withinMs: TAKEOVER_WITHIN_MS + lateMs,
        }),
        ...(mac !== undefined && { 'and reports the conflict': fought }),
      };
    },
  };
}

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
        beatPort: HEARTBEAT_PORT,
        silentMs: SUSPECT_MS,
        atLeast: 50,
      }),
    ),
  };
}

/** The active stands still past its lease, and the standby is told that nobody listens there. */
async function frozenAndLiedAbout(scene: Scene): Promise<Claims> {
  const { active, standby } = await atRest(scene);
  await scene.census();
  const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), ...PROBES });
  const beganNs = scene.nowNs();
  const [leaveAlone, endLies] = [pester(scene, active.name, 2), lieOnAndOn(scene, standby.name)];
  await scene.act('stop', active.name, () => stall(scene.lab, active, 'stop', STOPPED_MS));
  endLies();
  await runsScript(scene, active.name, 'standby', beganNs);
  await answersAgain(scene, load);
  leaveAlone();
  await load.stop();
  await scene.lab.pair();
  const beats = { node: active.name, port: HEARTBEAT_PORT };
  const to = scene.port(standby.name, 'access');
  const stalled = { address: scene.nlbs, beats, successor: to, atLeast: 5 };
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

/** What the active answers to the standby is lost in the switch, while both beat. */
async function deafWitness(scene: Scene): Promise<Claims> {
  const { active, standby } = await atRest(scene);
  const fromNs = scene.nowNs();
  await scene.census();
  const [what, reading] = ['drop answers', 'the way to the witness'];
  const events = followEventLog(scene, standby, reading);
  const rule = `iifname "${scene.leg(active.name, 'access').port}" arp operation reply`;
  const mend = await scene.act(what, undefined, () => dropOnLan(scene, scene.lan('access'), [rule]));
  const says = (answers: boolean) => (line: Record<string, unknown>) =>
    line.event === 'witness' && line.answers === answers;
  await events.shows('that the active does not answer', says(false));
  await mend();
  await events.shows('that it answers again', says(true));
  await events.stop();
  const untilNs = scene.nowNs();
  const log = { node: standby.name, reading, event: 'witness' };
  const mac = scene.mac(active.name, 'access');
  return {
    'it is told before it is needed': told({
      ...log,
      what: 'that the active does not answer',
      fits: ({ answers, mac: asked }) => answers === false && asked === mac,
    }),
    'and so is its end': told({ ...log, what: 'that it answers again', fits: ({ answers }) => answers === true }),
    'the active is asked for the address once a second': asksAtMostEvery({
      address: scene.nlbs,
      port: scene.port(standby.name, 'access'),
      everyMs: 1000,
      after: { what },
      atLeast: 3,
    }),
    'nothing moves': between(
      { fromNs, untilNs },
      nothingMoved({ address: scene.nlbs, nodes: [active.name, standby.name] }),
    ),
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
  const wanted = 2 * FLOOD.perSecond * FLOOD.seconds;
  if (sent < 0.9 * wanted)
    throw new Error(`${sent} of ${wanted} datagrams were sent: this machine cannot flood so fast`);
  return {
    'nothing moves': between(
      { fromNs, untilNs },
      nothingMoved({ address: scene.nlbs, nodes: [active.name, standby.name] }),
    ),
    'its beats leave on time': beatsGoOn({
      ports: legsOf(scene, active.name),
      beatPort: HEARTBEAT_PORT,
      whilst: { what, node: active.name, times: 1, lastingMs: FLOOD.seconds * 900 },
      pauseAtMostMs: PAUSE_AT_MOST_MS,
    }),
    'nearly all of it is dropped before the daemon, and counted': refusedAtLeast({
      node: active.name,
      reason: 'too many',
      atLeast: Math.floor(0.95 * sent),
    }),
  };
}

export default await suite(
  import.meta,
  'nobody but the peer keeps a node from leading, or makes it lead',
  { topologies: ['invention'], servers: 2, seconds: 40 },
  {
    'a station that holds the address is no proof that the peer lives: it is succeeded, and fought': takesOverInSpiteOf(
      {
        meddle: (scene, _, survivor) => holdAddress(scene, survivor, STRANGER),
        claimant: () => STRANGER,
      },
    ),
    'neither is a switch that answers for the dead': takesOverInSpiteOf({
      meddle: (scene, dead) => suppressArp(scene, dead),
      claimant: (scene, dead) => scene.mac(dead, 'access'),
    }),
    'questions in the peer’s name hold nobody off': takesOverInSpiteOf({
      meddle: (scene, dead) => askInNameOf(scene, dead, STRANGER),
    }),
    'and those by its own hardware address for a moment only': {
      thorough: true,
      ...takesOverInSpiteOf({
        meddle: (scene, dead) => askInNameOf(scene, dead, scene.mac(dead, 'access')),
        lateMs: HELD_OFF_MS,
      }),
    },
    'refusals that are forged while both live cause nothing': { proves: ['HA-21'], run: liedTo },
    'nor do they spare a frozen node the fence': { proves: ['HA-21', 'HA-10'], run: frozenAndLiedAbout },
    'a witness that does not answer is told of in peacetime': {
      thorough: true,
      proves: ['HA-21', 'HA-16'],
      run: deafWitness,
    },
    'a flood at the heartbeat port by both paths holds up no beat, and moves nothing': {
      thorough: true,
      random: true,
      proves: ['HA-21'],
      run: flooded,
    },
  },
);
