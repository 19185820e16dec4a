import { followEventLog, readEventLog } from '../harness/act/event-log.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims, SuiteTest } from '../harness/act/suite-test.ts';
import { BEATS_AT_ONCE } from '../harness/act/usual-drops.ts';
import { becomes, runsScript, takesAlias } from '../harness/act/waits.ts';
import { logIsWhole, shownLive } from '../harness/check/event-log.ts';
import { causeLogged, costLogged, instantLogged, lapseLogged, textLike } from '../harness/check/takeover-logged.ts';
import { cut, heal } from '../harness/fault/cable.ts';
import { signal, startSystem } from '../harness/fault/daemon.ts';
import { heartbeatPort } from '../harness/fault/silence.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/**
 * Between the log's instant of a takeover and its packets: the role decides, then the alias and the announcement are made, in a
 * thread that a kernel without preemption may hold up for 35 ms.
 */
const AGREE_WITHIN_MS = 50;
/** From the change of state to the line that a follower prints, by two ordinary processes on a shared machine. */
const LIVE_WITHIN_MS = 500;
/** The lease in a lab. */
const LEASE_MS = 150;
/** Each test reads the logs anew. */
const readingOf = (what: string) => `after ${what}`;

interface Pair {
  active: LabNode;
  standby: LabNode;
}

/** Strikes the active, and claims that the new active's log tells what the packets tell, and why. */
function explains(
  what: string,
  aspect: string,
  told: { reason: RegExp; hostRefuses: boolean },
  strike: Strike,
): SuiteTest {
  return {
    proves: [`HA-16 ${aspect}`],
    run: async (scene) => {
      const { active, standby } = await scene.lab.pair();
      const live = followEventLog(scene, standby, what);
      await live.shows('what was before', ({ state }) => state === 'standby', { sinceNs: 0 });
      const struckNs = scene.nowNs();
      await scene.act(what, active.name, () => strike.strike(scene, active));
      await live.shows('the takeover', ({ state }) => state === 'active');
      await takesAlias(scene, standby.name, struckNs);
      await live.stop();
      await scene.act(`mend: ${what}`, active.name, () => strike.mend(scene, active));
      await becomes(scene, active.name, 'standby', 10_000);
      await readEventLog(scene, standby, readingOf(what));
      await readEventLog(scene, active, readingOf(what));
      return {
        ...takeoverClaims(scene, what, { active, standby }, told),
        'who followed the log was shown it as it happened': shownLive({
          node: standby.name,
          reading: what,
          state: 'active',
          withinMs: LIVE_WITHIN_MS,
        }),
        ...strike.claims?.(scene, { active, standby }),
      };
    },
  };
}

interface Strike {
  strike(scene: Scene, active: LabNode): Promise<void>;
  mend(scene: Scene, struck: LabNode): Promise<void>;
  claims?(scene: Scene, pair: Pair): Claims;
}

function takeoverClaims(
  scene: Scene,
  what: string,
  { active, standby }: Pair,
  { reason, hostRefuses }: { reason: RegExp; hostRefuses: boolean },
): Claims {
  const meant = {
    node: standby.name,
    reading: readingOf(what),
    after: { what, node: active.name },
    address: scene.nlbs,
  };
  const evidence = {
    previous: 'standby',
    'evidence.peer.standing.state': 'active',
    'evidence.peer.hostRefuses': hostRefuses,
    'evidence.self.healthyServers': scene.servers.length,
    'evidence.self.downLinks': [],
  };
  return {
    'the new active’s log is whole': logIsWhole({ node: standby.name, reading: readingOf(what), atLeast: 3 }),
    'it names the cause, with the evidence': causeLogged({
      ...meant,
      state: 'active',
      reason: textLike(reason),
      evidence,
    }),
    'its instant is that of the address event and of the announcement': instantLogged({
      ...meant,
      port: scene.port(standby.name, 'access'),
      withinMs: AGREE_WITHIN_MS,
    }),
    'what the takeover cost, by the log, is what it cost by the packets': costLogged({
      ...meant,
      ports: ['access', 'server'].map((leg) => scene.port(standby.name, leg)),
      beatPort: heartbeatPort(scene),
      withinMs: AGREE_WITHIN_MS,
    }),
  };
}

/** The node that was stopped says why it does not lead any more, and how late it woke. */
function lapseClaims(scene: Scene, { active }: Pair): Claims {
  const meant = {
    node: active.name,
    reading: readingOf('SIGSTOP'),
    after: { what: 'mend: SIGSTOP', node: active.name },
    state: 'initial',
  };
  return {
    'the log of the one that was stopped is whole, too': logIsWhole({
      node: active.name,
      reading: readingOf('SIGSTOP'),
      atLeast: 3,
    }),
    'it says that its lease was lost': causeLogged({
      ...meant,
      reason: textLike(/^lease lost: stalled until \d+ ms after its end$/),
      evidence: { previous: 'active' },
    }),
    'and for how long it had been over': lapseLogged({
      ...meant,
      ports: ['access', 'server'].map((leg) => scene.port(active.name, leg)),
      beatPort: heartbeatPort(scene),
      leaseMs: LEASE_MS,
      withinMs: AGREE_WITHIN_MS,
    }),
  };
}

export default await suite(
  import.meta,
  'the event log says why, when, and what it cost',
  {
    topologies: ['invention'],
    seconds: 10,
    needs: ['eventLog', 'signedHeartbeats', 'handover', 'lease', 'stateScripts'],
  },
  {
    'kill -9 of the active daemon': explains(
      'kill -9',
      'killed',
      { reason: /^nlb\d silent for \d+ ms, its host refuses beats, address unanswered/, hostRefuses: true },
      {
        strike: async (scene, active) => signal(scene, active, 'SIGKILL'),
        mend: async (scene, struck) => startSystem(scene, struck),
      },
    ),
    'SIGSTOP of the active daemon': explains(
      'SIGSTOP',
      'stopped',
      { reason: /^nlb\d silent for \d+ ms, address unanswered/, hostRefuses: false },
      {
        strike: async (scene, active) => signal(scene, active, 'SIGSTOP'),
        mend: async (scene, struck) => signal(scene, struck, 'SIGCONT'),
        claims: lapseClaims,
      },
    ),
    'the active is asked to stand by': {
      proves: ['HA-16 asked to stand by'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const after = { what: 'stand by', node: active.name };
        await scene.act(after.what, active.name, () => scene.lab.use('handover').standBy(active));
        await becomes(scene, standby.name, 'active');
        for (const node of [active, standby]) await readEventLog(scene, node, readingOf(after.what));
        return {
          'the old active was asked to': causeLogged({
            node: active.name,
            reading: readingOf(after.what),
            after,
            state: 'standby',
            reason: textLike(/^asked to stand by$/),
            evidence: { previous: 'active', 'evidence.peer.standing.state': 'standby' },
          }),
          'the new active was left the lead': causeLogged({
            node: standby.name,
            reading: readingOf(after.what),
            after,
            state: 'active',
            reason: textLike(/^nlb\d resigned, address unanswered$/),
            // The last that showed a holder may be a beat, or an answer to a question that was under way when it resigned.
            evidence: { 'evidence.peer.standing.resigned': true },
          }),
          'at the instant that the log says': instantLogged({
            node: standby.name,
            reading: readingOf(after.what),
            after,
            address: scene.nlbs,
            port: scene.port(standby.name, 'access'),
            withinMs: AGREE_WITHIN_MS,
          }),
        };
      },
    },
    'the active’s link to the servers is cut': {
      proves: ['HA-16 a link cut'],
      drops: [BEATS_AT_ONCE],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const after = { what: 'cut the server leg', node: active.name };
        const cutNs = scene.nowNs();
        await scene.act(after.what, active.name, () => cut(scene, active.name, 'server'));
        await runsScript(scene, active.name, 'inop', cutNs);
        await becomes(scene, standby.name, 'active');
        await scene.act('heal the server leg', active.name, () => heal(scene, active.name, 'server'));
        await becomes(scene, active.name, 'standby');
        for (const node of [active, standby]) await readEventLog(scene, node, readingOf(after.what));
        const meant = { node: active.name, reading: readingOf(after.what) };
        return {
          'it says which link, as the reason and as the evidence': causeLogged({
            ...meant,
            after,
            state: 'inop',
            reason: textLike(/^link down: server$/),
            evidence: { previous: 'active', 'evidence.self.downLinks': ['server'] },
          }),
          'and that the link is back': causeLogged({
            ...meant,
            after: { what: 'heal the server leg', node: active.name },
            state: 'initial',
            reason: textLike(/^cured: link down: server$/),
            evidence: { previous: 'inop', 'evidence.self.downLinks': [] },
          }),
          'the other one, that its peer is out of operation': causeLogged({
            ...meant,
            node: standby.name,
            after,
            state: 'active',
            reason: textLike(/^nlb\d is inop, address unanswered$/),
            evidence: { 'evidence.peer.standing.fitness': 'out' },
          }),
        };
      },
    },
  },
);
