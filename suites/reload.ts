import { openUdpFlows, PORTS_AGAIN, requestHttp } from '../harness/act/everyday.ts';
import { countedForgeries, countRefusals } from '../harness/act/refusals.ts';
import { refuses, reloadBoth } from '../harness/act/reload.ts';
import type { Scene } from '../harness/act/scene.ts';
import { sendSignedWith } from '../harness/act/stale-key.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { answersAgain, runsScript } from '../harness/act/waits.ts';
import { type Claim, verdictOn } from '../harness/check/claim.ts';
import { droppedPort } from '../harness/check/forwarding.ts';
import { beatsSignedWith } from '../harness/check/heartbeat.ts';
import { noNewFlowTo } from '../harness/check/new-flows.ts';
import { noneLost, noReset, ofUnusedPorts } from '../harness/check/probes.ts';
import { oneServerPerFlow } from '../harness/check/selection.ts';
import { after, between } from '../harness/check/span.ts';
import { addressesUntouched, newFlowsReach, noScriptRan, otherFlowsKept } from '../harness/check/undisturbed.ts';
import { until } from '../harness/clock/until.ts';
import { heartbeatPort } from '../harness/fault/silence.ts';
import type { Acted } from '../harness/history/event.ts';
import { drawSecret } from '../harness/lab/lab.ts';
import { suite } from '../harness/runner/suite.ts';
import type { LoadResult } from '../harness/traffic/client-handle.ts';

const PROBES_PER_SECOND = 150;
/** So many long connections that each of three servers has some of them, but for one run in a million. */
const FLOWS = 40;
/** Two of three flows go to the other two servers; fewer than a quarter of all do so once in a thousand million runs. */
const ELSEWHERE = FLOWS / 4;
const REQUESTS = 60;
/** A request that nobody will answer need not be waited for any longer. */
const GIVE_UP_MS = 300;

const nodesOf = (scene: Scene): string[] => scene.lab.nodes('nlb').map(({ name }) => name);

/** Datagrams and long connections go on while something is done; it is over when they have been answered after it, too. */
async function underLoad(scene: Scene, doIt: () => Promise<void>): Promise<void> {
  const target = scene.target('echo-udp');
  const datagrams = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: FLOWS });
  const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 250 });
  await answersAgain(scene, flows, 2 * FLOWS);
  await doIt();
  await answersAgain(scene, flows, 4 * FLOWS);
  await answersAgain(scene, datagrams, PROBES_PER_SECOND / 5);
  await Promise.all([datagrams.stop(), flows.stop()]);
}

/** What no reload may do. */
function noTakeover(scene: Scene): Claims {
  const nodes = nodesOf(scene);
  return {
    'no address moves': addressesUntouched({ nodes }),
    ...(scene.lab.system.can.stateScripts && { 'no state is entered': noScriptRan({ nodes }) }),
    'no datagram is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND / 5 }),
  };
}

const nothingLostOnConnections: Claims = {
  'no message of a connection is lost': noneLost({ protocol: 'tcp', atLeast: FLOWS }),
  'no connection is reset': noReset({ protocol: 'tcp', atLeast: FLOWS }),
  'every flow keeps its server': ofUnusedPorts({}, oneServerPerFlow({ atLeast: FLOWS })),
};

const isAnsweredBy = ({ probes }: LoadResult, server: string): boolean =>
  probes.some((probe) => probe.server === server);

/** A request is answered: a service that is new has yet to be checked. */
function answersHttp(scene: Scene): Promise<unknown> {
  const request = { target: scene.target('http'), count: 1, timeoutMs: GIVE_UP_MS };
  const answered = async () =>
    (await scene.client.httpRequests(request)).probes.some(({ outcome }) => outcome === 'answered');
  return until(answered, { what: 'the new service answers', withinMs: 5000, everyMs: 20, isPromise: true });
}

function actsNamed(scene: Scene, what: string): [Acted, ...Acted[]] {
  const acts = scene.recorder.events().filter((event): event is Acted => event.kind === 'act' && event.what === what);
  const [first, ...rest] = acts;
  if (!first) throw new Error(`"${what}" was not done`);
  return [first, ...rest];
}

const beatsOf = (scene: Scene, secret: string): Claim =>
  beatsSignedWith({ ports: scene.ports('nlb'), udpPort: heartbeatPort(scene), secret, atLeast: 10 });

export default await suite(
  import.meta,
  'a changed configuration is taken up without a takeover, and a bad one is refused whole',
  { topologies: ['invention'], seconds: 16, needs: ['reload'] },
  {
    'weights are changed: new connections follow them, and those that are there stay': {
      proves: ['HA-15 weights', 'FWD-5 another weight'],
      needs: ['weights'],
      run: async (scene) => {
        await scene.lab.pair();
        const reweigh = { what: 'take the weight from server1' };
        await requestHttp(scene, REQUESTS);
        await underLoad(scene, async () => {
          await reloadBoth(scene, reweigh.what, { weights: { server1: 0, server2: 5 } });
          await requestHttp(scene, REQUESTS + PORTS_AGAIN);
          const later = await openUdpFlows(scene, FLOWS + PORTS_AGAIN, PROBES_PER_SECOND);
          await later.stop();
        });
        await reloadBoth(scene, 'give it back', {});
        return {
          ...noTakeover(scene),
          ...nothingLostOnConnections,
          'server1 gets no new connection': noNewFlowTo({
            ...scene.forwardedTo('server1', 'http'),
            after: reweigh,
            detectedMs: 0,
            atLeast: REQUESTS,
          }),
          'and no new flow of datagrams': noNewFlowTo({
            ...scene.forwardedTo('server1', 'echo-udp'),
            after: reweigh,
            detectedMs: 0,
            atLeast: FLOWS,
          }),
        };
      },
    },
    // Before connections end that their clients do not close: an address and port of those that comes again would stay where
    // the one before was moved to, on the node that saw that.
    'the key of the heartbeats is changed in three steps, on one node after the other': {
      proves: ['HA-15 keys', 'HA-12 stale key'],
      needs: ['signedHeartbeats', 'refusals', 'handover', 'stateScripts'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const [old = ''] = scene.lab.setup.secrets;
        const fresh = drawSecret();
        const steps = [[old, fresh], [fresh, old], [fresh]].map((secrets, i) => ({
          what: `key, step ${i + 1}`,
          secrets,
        }));
        const beganNs = scene.nowNs();
        await underLoad(scene, async () => {
          for (const { what, secrets } of steps) await reloadBoth(scene, what, { secrets });
        });
        const changedNs = scene.nowNs();
        await scene.wait(
          'heartbeats after the change',
          (events) => verdictOn(beatsOf(scene, fresh), events).verdict === 'pass',
          {
            sinceNs: changedNs,
          },
        );
        await countRefusals(scene, active.name);
        const stale = await sendSignedWith(scene, active.name, old);
        await countRefusals(scene, active.name);
        const handoverNs = scene.nowNs();
        await underLoad(scene, () => scene.lab.use('handover').standBy(active));
        await runsScript(scene, standby.name, 'active', handoverNs);
        const [firstStep] = actsNamed(scene, 'key, step 1');
        const whileChanging = (claim: Claim) => between({ fromNs: beganNs, untilNs: handoverNs }, claim);
        return {
          ...Object.fromEntries(
            Object.entries(noTakeover(scene)).map(([claim, checker]) => [claim, whileChanging(checker)]),
          ),
          ...nothingLostOnConnections,
          'heartbeats were signed with the old key': between({ untilNs: firstStep.atNs }, beatsOf(scene, old)),
          'all are signed with the new one in the end': between({ fromNs: changedNs }, beatsOf(scene, fresh)),
          'beats that are signed with the old key are refused for that': between(
            { fromNs: changedNs },
            countedForgeries(scene, active.name, stale),
          ),
          'each node hears the other: a switch by request loses nothing': between(
            { fromNs: handoverNs },
            noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND / 5 }),
          ),
        };
      },
    },
    'a server is removed: only its own connections end, and a server that joins takes none': {
      proves: [
        'HA-15 a server removed',
        'HA-15 a server added',
        'BAL-4 a server leaves',
        'BAL-4 a server joins',
        'FWD-5 a server joins',
      ],
      run: async (scene) => {
        await scene.lab.pair();
        const [remove, join] = [{ what: 'remove server2' }, { what: 'add server2' }];
        await requestHttp(scene, REQUESTS);
        await underLoad(scene, async () => {
          await reloadBoth(scene, remove.what, { servers: ['server1', 'server3'] });
          await requestHttp(scene, REQUESTS + PORTS_AGAIN);
        });
        const removedNs = scene.nowNs();
        await underLoad(scene, async () => {
          await reloadBoth(scene, join.what, {});
          await until(async () => isAnsweredBy(await requestHttp(scene, 6), 'server2'), {
            what: 'a new request is answered by server2',
            withinMs: 5000,
            everyMs: 20,
            isPromise: true,
          });
        });
        return {
          ...noTakeover(scene),
          'connections of the other servers go on': between(
            { untilNs: removedNs },
            otherFlowsKept({ server: 'server2', after: remove, protocol: 'tcp', atLeast: ELSEWHERE }),
          ),
          'the removed one gets nothing new': between(
            { untilNs: removedNs },
            noNewFlowTo({
              ...scene.forwardedTo('server2', 'http'),
              after: remove,
              detectedMs: 0,
              atLeast: REQUESTS,
            }),
          ),
          'connections stay when it joins': between({ fromNs: removedNs }, oneServerPerFlow({ atLeast: FLOWS })),
          'none of their messages is lost': between(
            { fromNs: removedNs },
            noneLost({ protocol: 'tcp', atLeast: FLOWS }),
          ),
          'new ones reach it': newFlowsReach({ server: 'server2', after: join, atLeast: 1 }),
        };
      },
    },
    'a service is removed, and added again: what is for it is dropped meanwhile, and all else goes on': {
      proves: ['HA-15 a service removed', 'HA-15 a service added', 'FWD-9 a service that was removed'],
      drops: [
        { cause: 'not served', why: 'clients ask for the service while it is removed' },
        { cause: 'no server', why: 'and when it is added again, before a server has passed its first check' },
      ],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const remove = { what: 'remove the service http' };
        const add = { what: 'add the service http' };
        const services = scene.lab.plan.services.map(({ name }) => name).filter((name) => name !== 'http');
        await underLoad(scene, async () => {
          await reloadBoth(scene, remove.what, { services });
          const count = 5;
          await scene.client.httpRequests({ target: scene.target('http'), count, timeoutMs: GIVE_UP_MS });
          await reloadBoth(scene, add.what, {});
          await answersHttp(scene);
          await requestHttp(scene, REQUESTS);
        });
        const [{ atNs: untilNs }] = actsNamed(scene, add.what);
        return {
          ...noTakeover(scene),
          ...nothingLostOnConnections,
          'what is for the removed one is dropped': after(
            remove,
            between(
              { untilNs },
              droppedPort({ path: scene.path(active.name), unserved: scene.service('http'), atLeast: 5 }),
            ),
          ),
          'the added one serves': newFlowsReach({ server: 'server1', after: add, atLeast: 1 }),
        };
      },
    },
    'a bad file is refused whole, and the pair goes on by the one before': {
      proves: ['HA-15 a bad file refused'],
      needs: ['weights', 'furtherInterfaces'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const bad = { what: 'reload a bad file', node: active.name };
        const unreloadable = { what: 'reload a file that needs a restart', node: active.name };
        const noneToSecond = { server2: 0, server3: 0 };
        await underLoad(scene, async () => {
          await scene.act(bad.what, bad.node, () =>
            refuses(scene, active, { weights: { server1: -1, ...noneToSecond } }, 'weight'),
          );
          await requestHttp(scene, REQUESTS);
          await scene.act(unreloadable.what, unreloadable.node, () =>
            refuses(scene, active, { weights: noneToSecond, furtherInterfaces: ['late'] }, 'restart'),
          );
          await requestHttp(scene, REQUESTS);
        });
        await scene.lab.reload(active, {});
        return {
          ...noTakeover(scene),
          ...nothingLostOnConnections,
          'what was good in it is not used either': newFlowsReach({ server: 'server2', after: bad, atLeast: 5 }),
          'nor what could have been taken up of one that needs a restart': newFlowsReach({
            server: 'server2',
            after: unreloadable,
            atLeast: 5,
          }),
          'and every request is answered': noneLost({ protocol: 'http', atLeast: REQUESTS }),
        };
      },
    },
  },
);
