import type { Scene } from '../harness/act/scene.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { answersAgain, atRest } from '../harness/act/waits.ts';
import { answersWith } from '../harness/check/arp.ts';
import { asks, asksOnlyInSilence } from '../harness/check/asking.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import type { Claim } from '../harness/check/claim.ts';
import { datagramsStopped } from '../harness/check/datagrams.ts';
import { noneLost } from '../harness/check/probes.ts';
import { between, type Span } from '../harness/check/span.ts';
import { dropHeartbeats, heartbeatLans } from '../harness/fault/silence.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES_PER_SECOND = 500;
/** In a lab a peer is dead after 200 ms: so this is fifteen times that long; for who waits longer, twice as long as that. */
const SILENT_PROBES = 3 * PROBES_PER_SECOND;
const silentProbes = ({ lab }: Scene): number =>
  Math.max(SILENT_PROBES, (2 * lab.system.deadAfterMs * PROBES_PER_SECOND) / 1000);
/** In this time a node sends a hundred beats, of which half must be seen: a machine that others share delays them. */
const ONE_PATH_PROBES = 2 * PROBES_PER_SECOND;
/** The standby asks every 5 ms while it hears nothing, and an answer takes a moment. */
const QUESTIONS = 100;
const ANSWER_WITHIN_MS = 50;
/** It asks when it has heard nothing for two intervals of 20 ms, by its own clock: a machine that others share delays beats. */
const SUSPECT_MS = 30;
/** What had left when the rule came. */
const ON_ITS_WAY_MS = 5;

interface Silent extends Span {
  restsSinceNs: number;
  active: string;
  standby: string;
}

/** Drops heartbeats on some LANs while so many probes are answered, then lets them through for as many again. */
async function silence(scene: Scene, lans: string[], probes: number): Promise<Silent> {
  const { active, standby } = await atRest(scene);
  const restsSinceNs = scene.nowNs();
  await scene.census();
  const target = scene.target('echo-udp');
  const load = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: 20 });
  const repairs: { lan: string; letThrough: () => Promise<void> }[] = [];
  for (const lan of lans) {
    const repair = await scene.act(`drop heartbeats on ${lan}`, undefined, () => dropHeartbeats(scene, lan));
    repairs.push({ lan, letThrough: scene.defer(`heartbeats pass ${lan}`, repair) });
  }
  const fromNs = scene.nowNs();
  await answersAgain(scene, load, probes);
  const untilNs = scene.nowNs();
  for (const { lan, letThrough } of repairs) await scene.act(`let them through on ${lan}`, undefined, letThrough);
  await answersAgain(scene, load, ONE_PATH_PROBES);
  await load.stop();
  await scene.lab.pair();
  return { restsSinceNs, fromNs, untilNs, active: active.name, standby: standby.name };
}

/** On each of the LANs both nodes went on sending beats, and none of them arrived. */
function stopped(scene: Scene, lans: string[], span: Span): Claims {
  const { legs: beaten, sentTo } = scene.lab.use('heartbeats');
  const legs = scene.ports('nlb').filter(({ lan, leg }) => lans.includes(lan) && beaten.includes(leg));
  const claim = (port: (typeof legs)[number]): [string, Claim] => [
    `no heartbeat comes to ${port.node} by ${port.leg}, though its peer sends them`,
    between(span, datagramsStopped({ to: port, from: otherOf(scene, port.node), port: sentTo, atLeast: 50 })),
  ];
  return Object.fromEntries(legs.map(claim));
}

function otherOf(scene: Scene, node: string): string {
  const other = scene.lab.nodes('nlb').find(({ name }) => name !== node);
  if (!other) throw new Error(`${node} has no peer`);
  return other.name;
}

function calm(scene: Scene, { restsSinceNs, active, standby }: Silent): Claims {
  return {
    'nothing moves, neither while they are dropped nor afterwards': between(
      { fromNs: restsSinceNs },
      nothingMoved({ address: scene.nlbs, nodes: [active, standby] }),
    ),
    'no probe is lost': noneLost({ protocol: 'udp', atLeast: ONE_PATH_PROBES }),
  };
}

const judged = ({ fromNs, untilNs }: Span): Span => ({ fromNs: fromNs + ON_ITS_WAY_MS * 1e6, untilNs });

function witnessAsked(scene: Scene, { active, standby }: Silent, span: Span): Claims {
  return {
    'the standby asks for the address': between(
      span,
      asks({ address: scene.nlbs, port: scene.port(standby, 'access'), atLeast: QUESTIONS }),
    ),
    'and the active answers each time': between(
      span,
      answersWith({
        address: scene.nlbs,
        port: scene.port(active, 'access'),
        mac: scene.mac(active, 'access'),
        atLeast: QUESTIONS,
        withinMs: ANSWER_WITHIN_MS,
      }),
    ),
  };
}

/** One path's loss is nobody's business: the standby has no reason even to ask. */
const onePath = (segment: string) => ({
  proves: [`HA-11 the ${segment} path`],
  needs: ['signedHeartbeats', 'witness'] as const,
  run: async (scene: Scene) => {
    const lans = [scene.lan(segment)];
    const silent = await silence(scene, lans, ONE_PATH_PROBES);
    return {
      ...stopped(scene, lans, judged(silent)),
      ...calm(scene, silent),
      'the standby does not even ask for the address': asksOnlyInSilence({
        address: scene.nlbs,
        port: scene.port(silent.standby, 'access'),
        ports: scene.ports('nlb').filter(({ node }) => node === silent.standby),
        beatPort: scene.lab.use('signedHeartbeats').port,
        silentMs: SUSPECT_MS,
        atLeast: 50,
      }),
    };
  },
});

export default await suite(
  import.meta,
  'heartbeats alone that are lost move nothing: the address is the witness',
  { topologies: ['invention'], servers: 2, seconds: 13, thorough: true, needs: ['heartbeats'] },
  {
    'dropped on all paths, and let through again': {
      proves: ['HA-11 both paths'],
      run: async (scene) => {
        const lans = heartbeatLans(scene.lab);
        const silent = await silence(scene, lans, silentProbes(scene));
        const span = judged(silent);
        return {
          ...stopped(scene, lans, span),
          ...calm(scene, silent),
          ...(scene.lab.system.can.witness && witnessAsked(scene, silent, span)),
        };
      },
    },
    'dropped on the access subnet alone': onePath('access'),
    'dropped on the server subnet alone': onePath('server'),
  },
);
