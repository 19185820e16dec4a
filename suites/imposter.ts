import { flood, resend, tapesFor, together } from '../harness/act/flood.ts';
import { countedForgeries, countRefusals } from '../harness/act/refusals.ts';
import type { Scene } from '../harness/act/scene.ts';
import { FORGED_FAST, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, atRest, runsScript } from '../harness/act/waits.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import type { Claim } from '../harness/check/claim.ts';
import { datagramsFrom } from '../harness/check/datagrams.ts';
import { noneLost } from '../harness/check/probes.ts';
import type { Batch } from '../harness/check/refused.ts';
import { between } from '../harness/check/span.ts';
import { tookOver } from '../harness/check/takeover.ts';
import { signal, startSystem } from '../harness/fault/daemon.ts';
import { waysTo } from '../harness/fault/imposter.ts';
import { randomFrom } from '../harness/fault/random.ts';
import { heartbeatPort } from '../harness/fault/silence.ts';
import { suite } from '../harness/runner/suite.ts';

/** By each of two ways to each of two nodes: two thousand a second for each node. */
const FORGERIES_PER_SECOND = 1000;
/** Recordings are brought up to date between two waves, so that what is replayed is of all ages. */
const WAVES = 3;
const FORGERIES_PER_WAVE = 700;
const PROBES_PER_SECOND = 500;
/** Declared dead after 200 ms; asking for the address and taking over follow. */
const TAKEOVER_WITHIN_MS = 1000;
/** Two seconds of beats. */
const RECORDED = 100;
const REPLAYS = { count: 400, perSecond: 500 };

/** Who pretends on the access subnet. */
function firewallOf(scene: Scene, victim: string): string {
  const way = waysTo(scene, victim).find(({ station }) => station.leg === 'access');
  if (!way) throw new Error(`nobody pretends to ${victim} on the access subnet`);
  return way.station.node;
}

export default await suite(
  import.meta,
  'heartbeats are believed from the peer alone, authenticated and fresh',
  {
    topologies: ['invention'],
    servers: 2,
    seconds: 14,
    needs: ['signedHeartbeats', 'refusals', 'stateScripts'],
  },
  {
    'thousands of forged, mutated, truncated, oversized, reflected and replayed datagrams a second change nothing': {
      proves: [
        'HA-12 forged',
        'HA-12 mutated',
        'HA-12 truncated',
        'HA-12 oversized',
        'HA-12 reflected',
        'HA-12 replayed',
        'HA-12 by the wrong path',
      ],
      drops: [
        FORGED_FAST,
        {
          cause: 'no heartbeat',
          why: 'some forgeries have no beat’s length, or no beat’s first octets',
          atMost: 2 * 2 * WAVES * FORGERIES_PER_WAVE,
        },
      ],
      random: true,
      run: async (scene) => {
        const { active, standby } = await atRest(scene);
        const fromNs = scene.nowNs();
        await scene.census();
        const nodes = [active.name, standby.name];
        const target = scene.target('echo-udp');
        const load = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: 20 });
        await Promise.all(nodes.map((node) => countRefusals(scene, node)));
        const random = randomFrom(scene.seed);
        const ways = nodes.flatMap((node) => waysTo(scene, node));
        const waves: Record<string, Batch[]>[] = [];
        for (let wave = 0; wave < WAVES; wave++) {
          const pace = { count: FORGERIES_PER_WAVE, perSecond: FORGERIES_PER_SECOND, random };
          waves.push(await scene.act('flood', undefined, () => flood(scene, ways, pace)));
        }
        await Promise.all(nodes.map((node) => countRefusals(scene, node)));
        await answersAgain(scene, load);
        await load.stop();
        const sentTo = (node: string) => together(...waves.map((wave) => wave[node] ?? []));
        return {
          'nothing moves': between({ fromNs }, nothingMoved({ address: scene.nlbs, nodes })),
          'no probe is lost': noneLost({ protocol: 'udp', atLeast: WAVES * (PROBES_PER_SECOND / 2) }),
          'the active counted each by its reason': countedForgeries(scene, active.name, sentTo(active.name)),
          'so did the standby': countedForgeries(scene, standby.name, sentTo(standby.name)),
        };
      },
    },
    'recordings of before a restart are known for what they are, and change nothing': {
      proves: ['HA-12 recorded before a restart'],
      drops: [FORGED_FAST],
      run: async (scene) => {
        const { active, standby } = await atRest(scene);
        const nodes = [active.name, standby.name];
        const [ofStandby, ofActive] = [active, standby].map(({ name }) => tapesFor(scene, name, RECORDED));
        await scene.act('kill -9', standby.name, () => signal(scene, standby, 'SIGKILL'));
        const startedNs = scene.nowNs();
        await scene.act('start', standby.name, () => startSystem(scene, standby));
        await runsScript(scene, standby.name, 'standby', startedNs);
        await atRest(scene);
        const fromNs = scene.nowNs();
        const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), perSecond: 200 });
        await Promise.all(nodes.map((node) => countRefusals(scene, node)));
        const [toActive = 0, toStandby = 0] = await Promise.all([
          resend(scene, ofStandby ?? [], REPLAYS),
          resend(scene, ofActive ?? [], REPLAYS),
        ]);
        await Promise.all(nodes.map((node) => countRefusals(scene, node)));
        await answersAgain(scene, load);
        await load.stop();
        const since = (claim: Claim) => between({ fromNs }, claim);
        return {
          'nothing moves': since(nothingMoved({ address: scene.nlbs, nodes })),
          'no probe is lost': noneLost({ protocol: 'udp', atLeast: 100 }),
          'the active knows that start for over': since(
            countedForgeries(scene, active.name, [{ reasons: ['retired'], count: toActive }]),
          ),
          'the new standby knows beats of before its time for old': since(
            countedForgeries(scene, standby.name, [{ reasons: ['replayed', 'stale'], count: toStandby }]),
          ),
        };
      },
    },
    'a dead active is not kept alive by recordings of it': {
      proves: ['HA-12 recordings of the dead', 'HA-1 killed'],
      drops: [FORGED_FAST, SENT_TO_FENCED_NODE],
      run: async (scene) => {
        const { active, standby } = await atRest(scene);
        await scene.census();
        const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), perSecond: 100 });
        const tapes = tapesFor(scene, standby.name, RECORDED);
        const fromNs = scene.nowNs();
        const replaying = resend(scene, tapes, { count: 1800, perSecond: 1000 });
        await answersAgain(scene, load);
        await scene.act('kill -9', active.name, () => signal(scene, active, 'SIGKILL'));
        await replaying;
        await runsScript(scene, standby.name, 'active', fromNs);
        await answersAgain(scene, load);
        await load.stop();
        await scene.act('start', active.name, () => startSystem(scene, active));
        await scene.lab.pair(10_000);
        const access = scene.port(standby.name, 'access');
        return {
          'its successor heard recordings of it all the while': datagramsFrom({
            to: access,
            source: scene.mac(firewallOf(scene, standby.name), 'access'),
            port: heartbeatPort(scene),
            after: { what: 'kill -9', node: active.name },
            atLeast: 1000,
          }),
          'the standby takes over all the same, in time': tookOver({
            address: scene.nlbs,
            from: active.name,
            to: access,
            after: { what: 'kill -9', node: active.name },
            withinMs: TAKEOVER_WITHIN_MS,
          }),
        };
      },
    },
  },
);
