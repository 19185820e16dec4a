import type { Scene } from '../harness/act/scene.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { answersAgain, atRest, runsScript } from '../harness/act/waits.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { noneLost, noReset } from '../harness/check/probes.ts';
import { between, type Span } from '../harness/check/span.ts';
import { clockStepped, WALL_CLOCK } from '../harness/check/wall-clock.ts';
import { until } from '../harness/clock/until.ts';
import { lastLoggedOffset, stepClock } from '../harness/fault/clock.ts';
import { suite } from '../harness/runner/suite.ts';

const HOUR_S = 3600;
const PROBES_PER_SECOND = 200;
/** A daemon learns of the step within a second; after that, five times as long as it takes to be declared dead. */
const CALM_PROBES = 2 * PROBES_PER_SECOND;
/** Between a daemon's line and our reading of it. */
const WITHIN_S = 60;

/** The clocks of both nodes, in hours from the machine's. */
type Hours = Record<'active' | 'standby', number>;

/** Waits for the daemon's line, which comes behind its script; without it what there is is judged. */
async function written(isSo: () => boolean): Promise<void> {
  await until(isSo, { what: 'the line is in the log', withinMs: 2000 }).catch(() => undefined);
}

/**
 * Steps both clocks, waits while nothing should happen, and then asks for a handover, at which both daemons write a line with
 * their own clock.
 */
async function stepBoth(scene: Scene, load: { calm(): Promise<void> }, hours: Hours): Promise<Claims> {
  const { active, standby } = await atRest(scene);
  const steps = [
    { node: active, words: `the active’s clock is at ${hours.active} h`, seconds: hours.active * HOUR_S },
    { node: standby, words: `the standby’s clock is at ${hours.standby} h`, seconds: hours.standby * HOUR_S },
  ];
  const span: Span = { fromNs: scene.nowNs(), untilNs: 0 };
  for (const { node, words, seconds } of steps) {
    await scene.act(words, node.name, () => stepClock(scene.lab, node.name, seconds));
  }
  await load.calm();
  span.untilNs = scene.nowNs();
  await scene.act('stand by', active.name, () => scene.lab.use('handover').standBy(active));
  await runsScript(scene, standby.name, 'active', span.untilNs);
  await runsScript(scene, active.name, 'standby', span.untilNs);
  const fromNs = scene.nowNs();
  for (const { node, seconds } of steps) {
    const offset = () => lastLoggedOffset(scene.lab, node, Date.now());
    await written(() => Math.abs(offset() - seconds) < WITHIN_S);
    const counts = { offsetSeconds: Math.round(offset()) };
    scene.recorder.record({ kind: 'counted', atNs: scene.nowNs(), node: node.name, what: WALL_CLOCK, counts });
  }
  const untilNs = scene.nowNs();
  const seen = steps.map(({ node, words, seconds }) => [
    words,
    between({ fromNs, untilNs }, clockStepped({ node: node.name, seconds, withinSeconds: WITHIN_S })),
  ]);
  const nodes = steps.map(({ node }) => node.name);
  return {
    ...Object.fromEntries(seen),
    [`nothing moves at ${hours.active} h and ${hours.standby} h`]: between(
      span,
      nothingMoved({ address: scene.nlbs, nodes }),
    ),
  };
}

export default await suite(
  import.meta,
  'the wall clock plays no part in who leads',
  {
    topologies: ['invention'],
    servers: 2,
    seconds: 9,
    ownClocks: true,
    needs: ['handover', 'stateScripts', 'stampedLog'],
  },
  {
    'steps of an hour, forth and back, on the active and on the standby': {
      proves: ['HA-12 clock step'],
      run: async (scene) => {
        await scene.census();
        const target = scene.target('echo-udp');
        const datagrams = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND });
        const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: 10, intervalMs: 50 });
        const load = { calm: () => answersAgain(scene, datagrams, CALM_PROBES) };
        const first = await stepBoth(scene, load, { active: 1, standby: -1 });
        // The roles have changed: the one at -1 h leads now, and goes back another hour.
        const second = await stepBoth(scene, load, { active: -2, standby: 2 });
        await Promise.all([datagrams.stop(), flows.stop()]);
        return {
          ...first,
          ...second,
          'no probe is lost': noneLost({ protocol: 'udp', atLeast: 2 * CALM_PROBES }),
          'no connection is reset': noReset({ protocol: 'tcp', atLeast: 100 }),
        };
      },
    },
  },
);
