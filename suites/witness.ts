import { followEventLog } from '../harness/act/event-log.ts';
import { peerTookOver } from '../harness/act/pair-claims.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims, SuiteTest } from '../harness/act/suite-test.ts';
import { BEATS_AT_ONCE, DEAD_CABLE, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, atRest, isFitToLead, runsScript } from '../harness/act/waits.ts';
import { asksAtMostEvery } from '../harness/check/asking.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { fitsLine } from '../harness/check/event-lines.ts';
import { between } from '../harness/check/span.ts';
import { told } from '../harness/check/told.ts';
import { cutBoth, healBoth } from '../harness/fault/cable.ts';
import { dropOnLan } from '../harness/fault/drop-on-lan.ts';
import { askInNameOf, holdAddress, suppressArp } from '../harness/fault/rogue-stations.ts';
import { heartbeatPort } from '../harness/fault/silence.ts';
import { suite } from '../harness/runner/suite.ts';

/** Of documentation (RFC 7042), so that nobody has it. */
const ROGUE_MAC = '02:00:5e:00:53:99';
/** Declared dead after 200 ms; asking for the address and taking over follow: as where nobody meddles. */
const TAKEOVER_WITHIN_MS = 1000;
/** A hold is 240 ms here, and whoever has the dead node's hardware address gets two. */
const HELD_OFF_MS = 480;
const PROBES = { perSecond: 200, sourcePorts: 10, timeoutMs: 500 };
/** It asks at once, and as fast as it can, when it has heard nothing for two intervals of 20 ms, by its own clock. */
const SUSPECT_MS = 30;
const POWER = 'power loss';

interface Meddler {
  /** Of HA-21. */
  aspect: string;
  /** Begins before the active dies, or with that; gives what ends it. */
  meddle(scene: Scene, dead: string, survivor: string): () => void;
  /** The hardware address that claims the address, where one does. */
  claimant?(scene: Scene, dead: string): string;
  lateMs?: number;
}

/** The active loses both links, and whatever others say, its standby leads as soon as ever. */
function takesOverInSpiteOf({ aspect, meddle, claimant, lateMs = 0 }: Meddler): SuiteTest {
  return {
    proves: [`HA-21 ${aspect}`],
    drops: [SENT_TO_FENCED_NODE, ...DEAD_CABLE],
    run: async (scene) => {
      const { active, standby } = await atRest(scene);
      // One that has just come back, from the power loss of the test before, may not have found its servers yet.
      await isFitToLead(scene, standby);
      await scene.census();
      const [dead, survivor] = [active.name, standby.name];
      const mac = claimant?.(scene, dead);
      const inConflict = { fields: { event: 'conflict' }, includes: { macs: mac } };
      const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), ...PROBES });
      const events = followEventLog(scene, standby, POWER);
      const leaveAlone = meddle(scene, dead, survivor);
      const struckNs = scene.nowNs();
      try {
        await scene.act(POWER, dead, () => cutBoth(scene, dead));
        await runsScript(scene, survivor, 'active', struckNs);
        await answersAgain(scene, load);
        if (mac !== undefined) await events.shows('the conflict', (fields) => fitsLine({ fields }, inConflict));
      } finally {
        leaveAlone();
        await events.stop();
        await load.stop();
        await healBoth(scene, dead);
      }
      await scene.lab.pair(10_000);
      const fought = told({
        node: survivor,
        reading: POWER,
        event: 'conflict',
        what: `a conflict with ${mac}`,
        fits: inConflict,
      });
      return {
        'the standby takes the address, announces it, and the cluster answers, in the usual time': peerTookOver(scene, {
          from: dead,
          to: survivor,
          what: POWER,
          withinMs: TAKEOVER_WITHIN_MS + lateMs,
        }),
        ...(mac !== undefined && { 'and reports the conflict': fought }),
      };
    },
  };
}

/** Three questions, a second apart, and what a machine that stands still now and then puts them off. */
const UNANSWERED_WITHIN_MS = 10_000;

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
  await events.shows('that the active does not answer', says(false), { withinMs: UNANSWERED_WITHIN_MS });
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
      fits: { fields: { answers: false, mac } },
    }),
    'and so is its end': told({ ...log, what: 'that it answers again', fits: { fields: { answers: true } } }),
    'the active is asked for the address once a second, while it is heard': asksAtMostEvery({
      address: scene.nlbs,
      port: scene.port(standby.name, 'access'),
      everyMs: 1000,
      after: { what },
      atLeast: 3,
      whileHeard: {
        ports: scene.ports('nlb').filter(({ node }) => node === standby.name),
        beatPort: heartbeatPort(scene),
        silentMs: SUSPECT_MS,
      },
    }),
    'nothing moves': between(
      { fromNs, untilNs },
      nothingMoved({ address: scene.nlbs, nodes: [active.name, standby.name] }),
    ),
  };
}

export default await suite(
  import.meta,
  'nobody but the peer keeps a node from leading, or makes it lead',
  {
    topologies: ['invention', 'prior-art'],
    everywhere: true,
    thorough: 'elsewhere',
    servers: 2,
    seconds: 13,
    needs: ['eventLog', 'stateScripts', 'witness', 'signedHeartbeats', 'fitness'],
  },
  {
    'a station that holds the address is no proof that the peer lives: it is succeeded, and fought': takesOverInSpiteOf(
      {
        aspect: 'a stray holder',
        meddle: (scene, _, survivor) => holdAddress(scene, survivor, ROGUE_MAC),
        claimant: () => ROGUE_MAC,
      },
    ),
    'neither is a switch that answers for the dead': takesOverInSpiteOf({
      aspect: 'a switch that answers for the dead',
      meddle: (scene, dead) => suppressArp(scene, dead),
      claimant: (scene, dead) => scene.mac(dead, 'access'),
    }),
    'questions in the peer’s name hold nobody off': takesOverInSpiteOf({
      aspect: 'questions in its name',
      meddle: (scene, dead) => askInNameOf(scene, dead, ROGUE_MAC),
    }),
    'and those by its own hardware address for a moment only': {
      ...takesOverInSpiteOf({
        aspect: 'questions by its own hardware address',
        meddle: (scene, dead) => askInNameOf(scene, dead, scene.mac(dead, 'access')),
        lateMs: HELD_OFF_MS,
      }),
    },
    'a witness that does not answer is told of in peacetime': {
      drops: [BEATS_AT_ONCE],
      proves: ['HA-21 no answer of the witness', 'HA-16 no answer of the witness'],
      run: deafWitness,
    },
  },
);
