import { type Followed, followEventLog } from '../harness/act/event-log.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims, SuiteTest } from '../harness/act/suite-test.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { datagramsStopped } from '../harness/check/datagrams.ts';
import { pathFaultLogged } from '../harness/check/path-logged.ts';
import { between, NS_PER_MS } from '../harness/check/span.ts';
import { dropHeartbeats, heartbeatPort } from '../harness/fault/silence.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/** Ten beats of 20 ms tell that a path is silent, or works again; a run of beats may have to begin anew under load. */
const TOLD_WITHIN_MS = 1000;
/** A beat counts when the daemon reads it, on time as a rule. */
const AGREE_WITHIN_MS = 50;
/** What had left when the rule came. */
const ON_ITS_WAY_MS = 5;

const fault = (segment: string) => ({ what: `drop heartbeats on ${segment}` });
const mend = (segment: string) => ({ what: `let heartbeats through on ${segment}` });

/** Drops the heartbeats on the segments until each of the nodes has said so of each, and lets them through until it says that. */
async function silence(scene: Scene, what: string, segments: string[], nodes: LabNode[]): Promise<number> {
  const logs = nodes.map((node) => followEventLog(scene, node, what));
  const all = (shown: (log: Followed, segment: string) => Promise<void>) =>
    Promise.all(logs.flatMap((log) => segments.map((segment) => shown(log, segment))));
  const is = (segment: string, faulty: boolean) => (line: Record<string, unknown>) =>
    line.event === 'path' && line.path === segment && line.faulty === faulty;
  const repairs: { segment: string; letThrough: () => Promise<void> }[] = [];
  for (const segment of segments) {
    const lan = scene.lan(segment);
    const repair = await scene.act(fault(segment).what, undefined, () => dropHeartbeats(scene, lan));
    repairs.push({ segment, letThrough: scene.defer(`heartbeats pass ${lan}`, repair) });
  }
  const droppedNs = scene.nowNs();
  await all((log, segment) => log.shows(`that ${segment} is silent`, is(segment, true)));
  for (const { segment, letThrough } of repairs) await scene.act(mend(segment).what, undefined, letThrough);
  await all((log, segment) => log.shows(`that ${segment} is back`, is(segment, false)));
  await Promise.all(logs.map((log) => log.stop()));
  return droppedNs;
}

function reported(scene: Scene, what: string, segments: string[], nodes: LabNode[], provedBy: string[]): Claims {
  const claims = nodes.flatMap(({ name }) =>
    segments.map((segment) => [
      `${name} reports that nothing came by ${segment}, and that it works again`,
      pathFaultLogged({
        node: name,
        reading: what,
        port: scene.port(name, segment),
        beatPort: heartbeatPort(scene),
        fault: fault(segment),
        mend: mend(segment),
        provedBy,
        toldWithinMs: TOLD_WITHIN_MS,
        agreeWithinMs: AGREE_WITHIN_MS,
      }),
    ]),
  );
  return Object.fromEntries(claims);
}

const calm = (scene: Scene): Claims => ({
  'nothing moves': nothingMoved({ address: scene.nlbs, nodes: scene.lab.nodes('nlb').map(({ name }) => name) }),
});

/** One path is silent, and beats come by the other. */
const onePath = (segment: string, other: string): SuiteTest => ({
  proves: ['HA-16 a path silent', `HA-11 the ${segment} path`],
  run: async (scene) => {
    const { active, standby } = await scene.lab.pair();
    await scene.census();
    const what = `${segment} path`;
    await silence(scene, what, [segment], [active, standby]);
    return { ...reported(scene, what, [segment], [active, standby], [other]), ...calm(scene) };
  },
});

export default await suite(
  import.meta,
  'a heartbeat path that does not work is reported, and does nothing else',
  { topologies: ['invention'], servers: 2, seconds: 9, needs: ['eventLog', 'heartbeats', 'signedHeartbeats'] },
  {
    'the path over the server subnet is silent': onePath('server', 'access'),
    'the path over the access subnet is silent': onePath('access', 'server'),
    'both paths are silent, and the active’s answers show that it lives': {
      proves: ['HA-16 a path silent', 'HA-11 both paths'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        await scene.census();
        const both = ['access', 'server'];
        const droppedNs = await silence(scene, 'both paths', both, [standby]);
        const untilNs = scene.recorder
          .events()
          .find((event) => event.kind === 'act' && event.atNs > droppedNs && event.what === mend('access').what)?.atNs;
        const span = { fromNs: droppedNs + ON_ITS_WAY_MS * NS_PER_MS, ...(untilNs !== undefined && { untilNs }) };
        const stopped = datagramsStopped({
          from: active.name,
          to: scene.port(standby.name, 'access'),
          port: heartbeatPort(scene),
          atLeast: 5,
        });
        return {
          ...reported(scene, 'both paths', both, [standby], ['address answered']),
          'the active went on beating, and nothing came to the standby': between(span, stopped),
          ...calm(scene),
        };
      },
    },
  },
);
