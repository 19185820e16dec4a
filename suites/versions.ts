import { LAST_OF_VERSION_3, lacksVersion, lastLanded, unpackVersion } from '../harness/act/landed-version.ts';
import { peerTookOver } from '../harness/act/pair-claims.ts';
import { countRefusals } from '../harness/act/refusals.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims, SuiteTest } from '../harness/act/suite-test.ts';
import { SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, atRest, becomes, runsScript } from '../harness/act/waits.ts';
import { noneCorrupt, noneLost, noReset } from '../harness/check/probes.ts';
import { noneRefusedAs } from '../harness/check/refused.ts';
import { scriptsRan } from '../harness/check/scripts.ts';
import { between } from '../harness/check/span.ts';
import { signal, startSystem, stopSystem } from '../harness/fault/daemon.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES_PER_SECOND = 500;
const FLOWS = 20;
const TAKEOVER_WITHIN_MS = 1000;

interface Versions {
  /** The node of the earlier version, which leads at first, and the one of this version. */
  earlier: LabNode;
  own: LabNode;
}

/** A pair of two versions, started one after the other: so neither has known the other in another version. */
async function startBoth(scene: Scene, commit: string): Promise<Versions> {
  const { active, standby } = await scene.lab.pair();
  const commands = unpackVersion(scene, commit);
  for (const node of [standby, active]) await stopSystem(scene, node);
  scene.lab.startSystem(active, { commands });
  await becomes(scene, active.name, 'active', 10_000);
  startSystem(scene, standby);
  await atRest(scene);
  return { earlier: active, own: standby };
}

/** The pair is as every other test expects it. */
async function upgrade(scene: Scene, { earlier }: Versions): Promise<void> {
  await stopSystem(scene, earlier);
  scene.lab.startSystem(earlier, {});
  await atRest(scene);
}

/** The lead goes to the node, and both have run their scripts. */
async function handTo(scene: Scene, to: LabNode, from: LabNode): Promise<void> {
  const askedNs = scene.nowNs();
  await scene.act(`hand over to ${to.name}`, from.name, () => scene.lab.use('handover').standBy(from));
  await runsScript(scene, to.name, 'active', askedNs);
  await runsScript(scene, from.name, 'standby', askedNs);
}

/** What the two refuse of each other, were they of versions that do not go together. */
const OF_VERSIONS = ['version', 'malformed', 'oversized', 'truncated', 'forged'];

const neverRefused = ({ earlier, own }: Versions): Claims =>
  Object.fromEntries(
    [earlier, own].map(({ name }) => [
      `${name} has refused no beat for its form`,
      noneRefusedAs({ node: name, reasons: OF_VERSIONS }),
    ]),
  );

const handsOver = (commit: string | undefined): SuiteTest => ({
  proves: ['HA-19 each hands over'],
  lacks: () => lacksVersion(commit),
  run: async (scene) => {
    const pair = await startBoth(scene, commit ?? '');
    const { earlier, own } = pair;
    const target = scene.target('echo-udp');
    const datagrams = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: 20 });
    const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 100 });
    await answersAgain(scene, flows, 2 * FLOWS);
    const fromNs = scene.nowNs();
    await handTo(scene, own, earlier);
    await answersAgain(scene, datagrams, PROBES_PER_SECOND / 5);
    await handTo(scene, earlier, own);
    await answersAgain(scene, datagrams, PROBES_PER_SECOND / 5);
    await Promise.all([datagrams.stop(), flows.stop()]);
    for (const { name } of [earlier, own]) await countRefusals(scene, name);
    const untilNs = scene.nowNs();
    await upgrade(scene, pair);
    const span = { fromNs, untilNs };
    return {
      'no datagram is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND / 5 }),
      'no message of a connection is lost': noneLost({ protocol: 'tcp', atLeast: FLOWS }),
      'no connection is reset': noReset({ protocol: 'tcp', atLeast: FLOWS }),
      'every byte comes back as it was sent': noneCorrupt({ protocol: 'tcp', atLeast: FLOWS }),
      'the earlier version hands over, and is handed the lead': between(
        span,
        scriptsRan({ node: earlier.name, states: ['standby', 'active'] }),
      ),
      'this version is handed the lead, and hands over': between(
        span,
        scriptsRan({ node: own.name, states: ['active', 'standby'] }),
      ),
      ...neverRefused(pair),
    };
  },
});

/**
 * Each takes over from the other when that is killed. The earlier one is not started again after its death: before version 4 a start that
 * finds tables looks them up by number, which a container may not. This version is started in its place, and finds them.
 */
const takesOver = (commit: string): SuiteTest => ({
  proves: ['HA-19 each takes over'],
  drops: [SENT_TO_FENCED_NODE],
  thorough: true,
  lacks: () => lacksVersion(commit),
  run: async (scene) => {
    const { earlier, own } = await startBoth(scene, commit);
    await handTo(scene, own, earlier);
    await scene.census();
    const load = await scene.client.startUdpProbes({
      target: scene.target('echo-udp'),
      perSecond: 100,
      timeoutMs: 500,
    });
    const kill = async (victim: LabNode, heir: LabNode) => {
      const killedNs = scene.nowNs();
      await scene.act('kill -9', victim.name, () => signal(scene, victim, 'SIGKILL'));
      await runsScript(scene, heir.name, 'active', killedNs);
      await answersAgain(scene, load);
      scene.lab.startSystem(victim, {});
      await atRest(scene);
    };
    await kill(own, earlier);
    await kill(earlier, own);
    await load.stop();
    const takeover = (from: string, to: string) =>
      peerTookOver(scene, { from, to, what: 'kill -9', withinMs: TAKEOVER_WITHIN_MS });
    return {
      'this version takes over from the earlier one': takeover(earlier.name, own.name),
      'the earlier version takes over from this one': takeover(own.name, earlier.name),
    };
  },
});

export default await suite(
  import.meta,
  'two neighbouring versions are a pair',
  {
    topologies: ['invention'],
    servers: 2,
    seconds: 12,
    needs: ['versions', 'handover', 'refusals', 'signedHeartbeats', 'stateScripts'],
  },
  {
    'the last landed version hands over to this one, and is handed the lead': {
      thorough: true,
      ...handsOver(lastLanded()),
    },
    'so does the last that speaks version 3 of the heartbeat': handsOver(LAST_OF_VERSION_3),
    'and each takes over when the other dies': takesOver(LAST_OF_VERSION_3),
  },
);
