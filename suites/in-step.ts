import { makeCablesBad } from '../harness/act/bad-cables.ts';
import { firewalls, requestHttp } from '../harness/act/everyday.ts';
import { reloadBoth } from '../harness/act/reload.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims, SuiteTest } from '../harness/act/suite-test.ts';
import { DEAD_CABLE, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, enters } from '../harness/act/waits.ts';
import { COMPARED, sameServers } from '../harness/check/compared.ts';
import { cableImpaired } from '../harness/check/impaired.ts';
import { noneCorrupt, noReset, ofUnusedPorts } from '../harness/check/probes.ts';
import { oneServerPerFlow } from '../harness/check/selection.ts';
import { between } from '../harness/check/span.ts';
import { addressesUntouched } from '../harness/check/undisturbed.ts';
import { PromiseBroken, until } from '../harness/clock/until.ts';
import { signal, startSystem } from '../harness/fault/daemon.ts';
import type { Impairment } from '../harness/fault/impairment.ts';
import { failFirewall, losePower, repairFirewall, restorePower } from '../harness/fault/power.ts';
import { dropSync, loseSync } from '../harness/fault/silence.ts';
import type { Pair } from '../harness/lab/lab.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';
import type { Load } from '../harness/traffic/client-handle.ts';

/** So many long connections that each of three servers has some of them, but for one run in a million. */
const FLOWS = 40;
/** Connections and flows of datagrams that are open when both nodes are asked: of three turns each. */
const OPEN_AT_ONCE = 3 * 2 * FLOWS;
const PROBES_PER_SECOND = 40;
const EVERY_MS = 500;
/** A daemon that is started again has to compile, and to listen, first: as long as a lab may take until it serves. */
const IN_STEP_WITHIN_MS = 30_000;
const [LOSE, LOST_PER_MILLE] = ['lose a tenth of the records', 100];
/** Later than many that were sent after them; a frame that overtakes does so by milliseconds, and retransmission begins after five. */
const LATE: Impairment = {
  delayMs: 2,
  jitterMs: 4,
  lostPerMille: 20,
  duplicatedPerMille: 100,
  overtakingPerMille: 200,
};
const LATE_LEGS = ['access', 'server'];
/** One after the other on each of some connections, while the active is struck. */
const [REQUESTS, REQUESTS_AT_ONCE] = [600, 4];
const [CUT, LANS] = ['cut the sync', ['access', 'server']];

interface Takeover {
  aspect: string;
  what: string;
  /** Not in a brief run, which tries the same takeover without what is done before it. */
  thorough?: true;
  /** Done right after other weights were given to both nodes, that many times before. */
  upset?(scene: Scene, pair: Pair, turn: number): Promise<void>;
  strike(scene: Scene, active: LabNode): Promise<void>;
  mend?(scene: Scene, struck: LabNode): Promise<void>;
  /** Goes on while the active is struck. */
  meanwhile?(scene: Scene): Promise<unknown>;
  /** What is claimed besides. */
  claims?(pair: Pair): Claims;
  drops?: SuiteTest['drops'];
}

/** The node that leads says that the other may take over at any instant. */
async function inStep(scene: Scene): Promise<Pair> {
  const pair = await scene.lab.pair(IN_STEP_WITHIN_MS);
  const { isSo } = scene.lab.use('inStep');
  await until(() => isSo(pair.active), {
    what: `${pair.standby.name} is in step with ${pair.active.name}`,
    withinMs: IN_STEP_WITHIN_MS,
    everyMs: 20,
    isPromise: true,
  });
  return pair;
}

async function inStepNoMore(scene: Scene, active: LabNode): Promise<void> {
  const { isSo } = scene.lab.use('inStep');
  const what = `${active.name} says that the other is not in step`;
  await until(async () => !(await isSo(active)), { what, withinMs: IN_STEP_WITHIN_MS, everyMs: 20, isPromise: true });
}

/** Weights that make both nodes' own tables others than those by which the connections were placed. */
const REWEIGHED = [{ server1: 0, server2: 5 }, { server1: 5, server3: 0 }, {}];

/** Connections and datagram flows that begin under each of several weights. */
async function openUnderChanges(scene: Scene, then: (turn: number) => Promise<void> = async () => {}): Promise<Load[]> {
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

async function loseRecords(scene: Scene): Promise<void> {
  for (const lan of LANS)
    scene.defer(`no record is lost on ${lan}`, await loseSync(scene, scene.lan(lan), LOST_PER_MILLE));
}

/** Whether the order was obeyed: it is refused while the node is not in step. */
const isDone = (order: Promise<void>): Promise<boolean> =>
  order.then(
    () => true,
    (error: unknown) => {
      if (error instanceof PromiseBroken && KEPT.test(error.message)) return false;
      throw error;
    },
  );

/** The reasons for which a node keeps the lead for a while: the other lacks something, or the log was not complete in time. */
const KEPT = /in step|no handover within/;

/** As an operator would, the order is given again while the node keeps the lead because the other is not in step. */
const obeyed = async (what: string, order: () => Promise<void>): Promise<void> => {
  await until(() => isDone(order()), { what, withinMs: IN_STEP_WITHIN_MS, isPromise: true });
};

/** Puts into the history where both nodes would send the connections that there are. */
async function compare(scene: Scene, active: LabNode): Promise<void> {
  const counts = await scene.lab.use('inStep').compare(active);
  scene.recorder.record({ kind: 'counted', atNs: scene.nowNs(), node: active.name, what: COMPARED, counts });
}

function survives({ aspect, what, strike, mend, upset, meanwhile, claims, thorough, drops = [] }: Takeover): SuiteTest {
  return {
    ...(thorough && { thorough }),
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
      for (const load of loads) await answersAgain(scene, load, 2 * FLOWS);
      if (mend) await scene.act(`mend: ${what}`, active.name, () => mend(scene, active));
      await inStep(scene);
      await compare(scene, (await scene.lab.pair()).active);
      await Promise.all(loads.map((load) => load.stop()));
      return {
        'both nodes would send every connection to the same server': sameServers({
          atLeast: OPEN_AT_ONCE,
          times: 2,
        }),
        ...claims?.(pair),
        ...nothingLost,
      };
    },
  };
}

/** Of each takeover by kill -9. */
const KILL = {
  what: 'kill -9',
  strike: async (scene: Scene, active: LabNode) => signal(scene, active, 'SIGKILL'),
  mend: async (scene: Scene, struck: LabNode) => startSystem(scene, struck),
};

/** Cables of the standby, by which it is told what to do when it has to lead. */
function killedWhileRecordsAreLate(): Takeover {
  let repair = async (): Promise<void> => {};
  return {
    ...KILL,
    aspect: 'killed with records late and in another order',
    thorough: true,
    drops: [
      {
        cause: 'flooded',
        why: 'bad cables are between the standby and the switch, which floods until it has learnt that',
      },
    ],
    upset: async (scene, { standby }, turn) => {
      if (turn === 0)
        await scene.act('bad cables', standby.name, async () => {
          repair = await makeCablesBad(scene, standby.name, LATE_LEGS, LATE);
        });
    },
    mend: async (scene, struck) => {
      await repair();
      startSystem(scene, struck);
    },
    claims: ({ standby }) =>
      Object.fromEntries(
        LATE_LEGS.map((leg) => [
          `records came late by ${leg}`,
          cableImpaired({ node: standby.name, leg, atLeast: { lost: 1, duplicated: 5, overtaking: 10 } }),
        ]),
      ),
  };
}

/** The firewall that has the VRRP addresses dies as well, at the same time. */
function killedWithFirewall(): Takeover {
  let dead: LabNode | undefined;
  return {
    ...KILL,
    aspect: 'killed in the same second as a firewall',
    what: 'kill -9, and a firewall dies',
    thorough: true,
    strike: async (scene, active) => {
      const { master } = await firewalls(scene);
      dead = master;
      signal(scene, active, 'SIGKILL');
      await failFirewall(scene, master);
    },
    mend: async (scene, struck) => {
      if (dead) await repairFirewall(scene, dead);
      startSystem(scene, struck);
    },
  };
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
    for (const load of loads) await answersAgain(scene, load, 2 * FLOWS);
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

const nothingLost: Claims = {
  'no connection is reset': noReset({ protocol: 'tcp', atLeast: 2 * FLOWS }),
  'every byte comes back as it was sent': noneCorrupt({ protocol: 'tcp', atLeast: 2 * FLOWS }),
  'every flow keeps its server': ofUnusedPorts({}, oneServerPerFlow({ atLeast: 2 * FLOWS })),
};

export default await suite(
  import.meta,
  'a takeover that no connection notices, whatever the weights',
  {
    topologies: ['invention'],
    seconds: 90,
    pair: { inStep: true },
    needs: ['reload', 'weights', 'inStep', 'handover'],
  },
  {
    'a node that is not in step is refused the lead, and has it once it is': isRefused,
    'the active is asked to stand by': survives({
      aspect: 'planned',
      what: 'stand by',
      strike: (scene, active) => obeyed(`${active.name} has stood by`, () => scene.lab.use('handover').standBy(active)),
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
    'records come late, twice and in another order, and the active is killed': survives(killedWhileRecordsAreLate()),
    'the active is killed, and at the same time a firewall dies': survives(killedWithFirewall()),
    'a tenth of the records is lost, on both subnets, and the active is killed': survives({
      ...KILL,
      aspect: 'killed with records lost',
      thorough: true,
      upset: async (scene, _, turn) => {
        if (turn === 0) await scene.act(LOSE, undefined, () => loseRecords(scene));
      },
    }),
    'the standby is killed and started again in the middle of a change, and then has to lead': survives({
      aspect: 'planned after a restart of the standby',
      what: 'stand by',
      thorough: true,
      upset: async (scene, { standby }, turn) => {
        if (turn !== 1) return;
        const killedNs = scene.nowNs();
        await scene.act('kill -9 of the standby', standby.name, async () => signal(scene, standby, 'SIGKILL'));
        startSystem(scene, standby);
        await enters(scene, standby.name, 'standby', killedNs);
      },
      strike: (scene, active) => obeyed(`${active.name} has stood by`, () => scene.lab.use('handover').standBy(active)),
    }),
    'the lead goes over, and comes back as soon as it may': survives({
      aspect: 'planned and back at once',
      what: 'stand by, and take over again',
      thorough: true,
      strike: async (scene, active) => {
        const { standBy, takeOver } = scene.lab.use('handover');
        await standBy(active);
        await obeyed(`${active.name} has the lead again`, () => takeOver(active));
      },
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
