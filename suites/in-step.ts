import { requestHttp } from '../harness/act/everyday.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { SuiteTest } from '../harness/act/suite-test.ts';
import {
  FLOWS,
  IN_STEP_WITHIN_MS,
  inStep,
  KILL,
  nothingLost,
  openUnderChanges,
  standsBy,
  survives,
} from '../harness/act/takeover-in-step.ts';
import { DEAD_CABLE } from '../harness/act/usual-drops.ts';
import { answersAgain, enters } from '../harness/act/waits.ts';
import { noReset } from '../harness/check/probes.ts';
import { between } from '../harness/check/span.ts';
import { addressesUntouched } from '../harness/check/undisturbed.ts';
import { PromiseBroken, until } from '../harness/clock/until.ts';
import { startSystem } from '../harness/fault/daemon.ts';
import { losePower, restorePower } from '../harness/fault/power.ts';
import { dropSync } from '../harness/fault/silence.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/** One after the other on each of some connections, while the active is struck. */
const [REQUESTS, REQUESTS_AT_ONCE] = [300, 4];
const [CUT, LANS] = ['cut the sync', ['access', 'server']];

async function inStepNoMore(scene: Scene, active: LabNode): Promise<void> {
  const { isSo } = scene.lab.use('inStep');
  const what = `${active.name} says that the other is not in step`;
  await until(async () => !(await isSo(active)), { what, withinMs: IN_STEP_WITHIN_MS, everyMs: 20, isPromise: true });
}

/** From now on nothing that keeps the standby in step comes through. @returns what ends that */
async function cutSync(scene: Scene): Promise<() => Promise<void>> {
  const repairs = await scene.act(CUT, undefined, () =>
    Promise.all(LANS.map(async (lan) => scene.defer(`sync passes ${lan}`, await dropSync(scene, scene.lan(lan))))),
  );
  return () =>
    scene.act('let sync through', undefined, async () => {
      for (const repair of repairs) await repair();
    });
}

/** A node that is not in step is refused the lead that it asks for, and the other cannot hand it over; once it is, it has it. */
const isRefused: SuiteTest = {
  proves: ['HA-9', 'HA-3 planned'],
  run: async (scene) => {
    const { active, standby } = await inStep(scene);
    const { takeOver, standBy } = scene.lab.use('handover');
    const restore = await cutSync(scene);
    const cutNs = scene.nowNs();
    const loads = await openUnderChanges(scene);
    await inStepNoMore(scene, active);
    await refused(scene, 'take over', standby, takeOver);
    await refused(scene, 'stand by', active, standBy);
    const untilNs = scene.nowNs();
    await restore();
    await inStep(scene);
    await scene.act('take over', standby.name, () => takeOver(standby));
    await enters(scene, standby.name, 'active', untilNs);
    await Promise.all(loads.map((load) => answersAgain(scene, load, 2 * FLOWS)));
    await Promise.all(loads.map((load) => load.stop()));
    await inStep(scene);
    return {
      'while it is not in step, no address moves': between(
        { fromNs: cutNs, untilNs },
        addressesUntouched({ nodes: [active.name, standby.name] }),
      ),
      ...nothingLost,
    };
  },
};

/** The order is refused, with the reason. */
async function refused(
  scene: Scene,
  what: string,
  node: LabNode,
  order: (node: LabNode) => Promise<void>,
): Promise<void> {
  const why = await scene.act(`${what}, in vain`, node.name, () =>
    order(node).then(
      () => 'it was obeyed',
      (error: unknown) => {
        if (error instanceof PromiseBroken) return error.message;
        throw error;
      },
    ),
  );
  if (!why.includes('in step'))
    throw new PromiseBroken(`${what} is refused, for ${node.name} is not in step; ${why}`, 0);
}

export default await suite(
  import.meta,
  'a takeover that no connection notices, whatever the weights',
  {
    topologies: ['invention'],
    seconds: 65,
    alone: true,
    pair: { inStep: true },
    needs: ['reload', 'weights', 'inStep', 'handover'],
  },
  {
    'a node that is not in step is refused the lead, and has it once it is': isRefused,
    'the active is asked to stand by': survives({
      aspect: 'planned',
      what: 'stand by',
      strike: standsBy,
    }),
    'kill -9 of the active': survives({
      ...KILL,
      aspect: 'killed',
      meanwhile: (scene) => requestHttp(scene, REQUESTS, REQUESTS_AT_ONCE),
      claims: () => ({
        'nor is one of the short connections that begin and end all the time': noReset({
          protocol: 'http',
          atLeast: REQUESTS,
        }),
      }),
    }),
    'power loss of the active': survives({
      aspect: 'power loss',
      what: 'power loss',
      drops: DEAD_CABLE,
      strike: losePower,
      mend: async (scene, struck) => {
        await restorePower(scene, struck);
        startSystem(scene, struck);
      },
    }),
  },
);
