import { COMPARED, sameServers } from '../check/compared.ts';
import { noneCorrupt, noReset, ofUnusedPorts } from '../check/probes.ts';
import { oneServerPerFlow } from '../check/selection.ts';
import { PromiseBroken, until } from '../clock/until.ts';
import { signal, startSystem } from '../fault/daemon.ts';
import type { Pair } from '../lab/lab.ts';
import type { LabNode } from '../node/node.ts';
import type { Load } from '../traffic/client-handle.ts';
import { reloadBoth } from './reload.ts';
import type { Scene } from './scene.ts';
import type { Claims, SuiteTest } from './suite-test.ts';
import { SENT_TO_FENCED_NODE } from './usual-drops.ts';
import { answersAgain, enters } from './waits.ts';

/** Takeovers of a pair that is kept in step, while connections are open that began under other weights. */

/** So many long connections that each of three servers has some of them, but for one run in a million. */
export const FLOWS = 40;
/** Connections and flows of datagrams that are open when both nodes are asked: of three turns each. */
const OPEN_AT_ONCE = 3 * 2 * FLOWS;
/** Of datagrams, in turn from all flows of a load: each has been answered twice within a second. */
const PROBES_PER_SECOND = 80;
const EVERY_MS = 300;
/** A daemon that is started again has to compile, and to listen, first: as long as a lab may take until it serves. */
export const IN_STEP_WITHIN_MS = 30_000;

export interface Takeover extends Pick<SuiteTest, 'breaks' | 'drops' | 'longSeconds'> {
  aspect: string;
  what: string;
  /** Done right after other weights were given to both nodes, that many times before. */
  upset?(scene: Scene, pair: Pair, turn: number): Promise<void>;
  strike(scene: Scene, active: LabNode): Promise<void>;
  mend?(scene: Scene, struck: LabNode): Promise<void>;
  /** Goes on while the active is struck. */
  meanwhile?(scene: Scene): Promise<unknown>;
  /** What is claimed besides. */
  claims?(pair: Pair, scene: Scene): Claims;
}

/** The node that leads by then, whichever it is, says that the other may take over at any instant. */
export async function inStep(scene: Scene): Promise<Pair> {
  const { isSo } = scene.lab.use('inStep');
  const pairInStep = async (): Promise<Pair | false> => {
    const pair = await scene.lab.pair(IN_STEP_WITHIN_MS);
    return (await isSo(pair.active)) && pair;
  };
  const what = 'the node that stands by is in step with the one that leads';
  return until(pairInStep, { what, withinMs: IN_STEP_WITHIN_MS, everyMs: 20, isPromise: true });
}

/** Weights that make both nodes' own tables others than those by which the connections were placed. */
const REWEIGHED = [{ server1: 0, server2: 5 }, { server1: 5, server3: 0 }, {}];

/** Connections and datagram flows that begin under each of several weights. */
export async function openUnderChanges(
  scene: Scene,
  then: (turn: number) => Promise<void> = async () => {},
): Promise<Load[]> {
  const loads: Load[] = [];
  for (const [turn, weights] of REWEIGHED.entries()) {
    const tcp = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: EVERY_MS });
    const target = scene.target('echo-udp');
    const udp = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: FLOWS });
    loads.push(tcp, udp);
    await answersAgain(scene, tcp, 2 * FLOWS);
    await reloadBoth(scene, `other weights, ${turn + 1}`, { weights });
    await then(turn);
  }
  return loads;
}

/** The reasons for which a node keeps the lead for a while: the other lacks something. */
const BEHIND = /in step|no handover within/;
/** The other was in step, and the log was not complete in time: of a machine that stood still just then. */
const LATE = /did not acknowledge all within/;

/**
 * As an operator would, the order is given again while the node keeps the lead for such a reason: it has handed nothing over. Who is late
 * a second time breaks its promise.
 */
export async function obeyed(what: string, order: () => Promise<void>): Promise<void> {
  let wasLate = false;
  const isDone = async (): Promise<boolean> => {
    try {
      await order();
      return true;
    } catch (error) {
      const why = error instanceof PromiseBroken ? error.message : '';
      if (!BEHIND.test(why) && (wasLate || !LATE.test(why))) throw error;
      wasLate ||= LATE.test(why);
      return false;
    }
  };
  await until(isDone, { what, withinMs: IN_STEP_WITHIN_MS, isPromise: true });
}

export const standsBy = (scene: Scene, active: LabNode): Promise<void> =>
  obeyed(`${active.name} has stood by`, () => scene.lab.use('handover').standBy(active));

/** Puts into the history where both nodes would send the connections that there are. */
async function compare(scene: Scene, active: LabNode): Promise<void> {
  const { compare: ask } = scene.lab.use('inStep');
  // By bad cables a standby may be out of step for a moment, and then says nothing; and one that has just started is slow.
  const counts = await until(
    async () => {
      const said = await ask(active);
      return said.same + said.different > 0 && said.unanswered === 0 && said;
    },
    { what: 'both nodes say where all connections go that they are asked for', withinMs: IN_STEP_WITHIN_MS },
  );
  scene.recorder.record({ kind: 'counted', atNs: scene.nowNs(), node: active.name, what: COMPARED, counts });
}

export function survives(takeover: Takeover): SuiteTest {
  const { aspect, what, strike, mend, upset, meanwhile, claims, drops = [], ...rest } = takeover;
  return {
    ...rest,
    proves: [`HA-3 ${aspect}`, `HA-22 ${aspect}`],
    drops: [SENT_TO_FENCED_NODE, ...drops],
    run: async (scene) => {
      const pair = await inStep(scene);
      const { active, standby } = pair;
      const loads = await openUnderChanges(scene, async (turn) => upset?.(scene, pair, turn));
      await inStep(scene);
      await compare(scene, active);
      const going = meanwhile?.(scene);
      const struckNs = scene.nowNs();
      await scene.act(what, active.name, () => strike(scene, active));
      await enters(scene, standby.name, 'active', struckNs);
      await going;
      await Promise.all(loads.map((load) => answersAgain(scene, load, 2 * FLOWS)));
      if (mend) await scene.act(`mend: ${what}`, active.name, () => mend(scene, active));
      await inStep(scene);
      await compare(scene, (await scene.lab.pair()).active);
      await Promise.all(loads.map((load) => load.stop()));
      return {
        'both nodes would send every connection to the same server': sameServers({
          atLeast: OPEN_AT_ONCE,
          times: 2,
        }),
        ...claims?.(pair, scene),
        ...nothingLost,
      };
    },
  };
}

/** Of each takeover by kill -9. */
export const KILL = {
  what: 'kill -9',
  strike: async (scene: Scene, active: LabNode) => signal(scene, active, 'SIGKILL'),
  mend: async (scene: Scene, struck: LabNode) => startSystem(scene, struck),
};

export const nothingLost: Claims = {
  'no connection is reset': noReset({ protocol: 'tcp', atLeast: 2 * FLOWS }),
  'every byte comes back as it was sent': noneCorrupt({ protocol: 'tcp', atLeast: 2 * FLOWS }),
  'every flow keeps its server': ofUnusedPorts({}, oneServerPerFlow({ atLeast: 2 * FLOWS })),
};
