import { makeCablesBad } from '../harness/act/bad-cables.ts';
import { firewalls } from '../harness/act/everyday.ts';
import { inTime } from '../harness/act/in-time.ts';
import { entryOf } from '../harness/act/inject.ts';
import { madeUp, packetsOfFlows } from '../harness/act/packet-floods.ts';
import type { Scene } from '../harness/act/scene.ts';
import { KILL, obeyed, standsBy, survives, type Takeover } from '../harness/act/takeover-in-step.ts';
import { enters } from '../harness/act/waits.ts';
import { cableImpaired } from '../harness/check/impaired.ts';
import { flooded } from '../harness/check/syn-flood.ts';
import { signal, startSystem } from '../harness/fault/daemon.ts';
import type { Impairment } from '../harness/fault/impairment.ts';
import { forgetHalfOpen } from '../harness/fault/kernel-settings.ts';
import { failFirewall, repairFirewall } from '../harness/fault/power.ts';
import { loseSync } from '../harness/fault/silence.ts';
import type { Pair } from '../harness/lab/lab.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

const [LOSE, LOST_PER_MILLE] = ['lose a tenth of the records', 100];
/** The legs of a load balancer, and the networks that they are on. */
const LEGS = ['access', 'server'];
/** Later than many that were sent after them; a frame that overtakes does so by milliseconds, and retransmission begins after five. */
const LATE: Impairment = {
  delayMs: 2,
  jitterMs: 4,
  lostPerMille: 20,
  duplicatedPerMille: 100,
  overtakingPerMille: 200,
};

async function loseRecords(scene: Scene): Promise<void> {
  for (const lan of LEGS)
    scene.defer(`no record is lost on ${lan}`, await loseSync(scene, scene.lan(lan), LOST_PER_MILLE));
}

/** Cables of the standby, by which it is told what to do when it has to lead. */
function killedWhileRecordsAreLate(): Takeover {
  let repair = async (): Promise<void> => {};
  return {
    ...KILL,
    aspect: 'killed with records late and in another order',
    drops: [
      {
        cause: 'flooded',
        why: 'bad cables are between the standby and the switch, which floods until it has learnt that',
      },
    ],
    upset: async (scene, { standby }, turn) => {
      if (turn === 0)
        await scene.act('bad cables', standby.name, async () => {
          repair = await makeCablesBad(scene, standby.name, LEGS, LATE);
        });
    },
    mend: async (scene, struck) => {
      await repair();
      startSystem(scene, struck);
    },
    claims: ({ standby }) =>
      Object.fromEntries(
        LEGS.map((leg) => [
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

/** To both nodes, from made-up addresses: in slots that are changing each needs an exception. Two of them before the blow, and one with it. */
const FLOOD = 'flood of SYNs';
const [FLOOD_COUNT, FLOOD_PER_SECOND, FLOODS] = [4000, 4000, 3];

async function floodBoth(scene: Scene, { active, standby }: Pair, from: number): Promise<void> {
  const sends = [active, standby].map((node) => packetsOfFlows(scene, entryOf(scene, node, 'echo'), madeUp));
  const sendBoth = (number: number): void => {
    for (const send of sends) send(from + number);
  };
  forgetHalfOpen(scene);
  await scene.act(FLOOD, active.name, () => inTime(FLOOD_COUNT, FLOOD_PER_SECOND, sendBoth));
}

function killedInFlood(): Takeover {
  let pair: Pair | undefined;
  let sent = 0;
  const flood = async (scene: Scene): Promise<void> => {
    if (pair) await floodBoth(scene, pair, sent);
    sent += FLOOD_COUNT;
  };
  return {
    ...KILL,
    aspect: 'killed in a flood of SYNs',
    breaks: [{ invariant: 'public addresses', why: 'the flood comes from made-up addresses', from: { what: FLOOD } }],
    drops: [{ cause: 'shed', why: 'the flood is of more first packets than may wait at once' }],
    upset: async (scene, now, turn) => {
      pair = now;
      if (turn > 0) await flood(scene);
    },
    meanwhile: flood,
    claims: ({ standby }, scene) => ({
      'the flood reaches the load balancer': flooded({
        port: scene.port(standby.name, 'access'),
        mac: scene.mac(standby.name, 'access'),
        clusterAddress: scene.cluster,
        connections: 0.9 * FLOODS * FLOOD_COUNT,
        sources: 500,
        perSecond: 100,
      }),
    }),
  };
}

export default await suite(
  import.meta,
  'a takeover that no connection notices, though something else goes wrong before it or at the same time',
  {
    topologies: ['invention'],
    seconds: 130,
    alone: true,
    thorough: true,
    pair: { inStep: true },
    needs: ['reload', 'weights', 'inStep', 'handover'],
  },
  {
    'records come late, twice and in another order, and the active is killed': survives(killedWhileRecordsAreLate()),
    'the active is killed, and at the same time a firewall dies': survives(killedWithFirewall()),
    'a flood of SYNs comes while weights change, and when the active is killed': survives(killedInFlood()),
    'a tenth of the records is lost, on both subnets, and the active is killed': survives({
      ...KILL,
      aspect: 'killed with records lost',
      upset: async (scene, _, turn) => {
        if (turn === 0) await scene.act(LOSE, undefined, () => loseRecords(scene));
      },
    }),
    'the standby is killed and started again in the middle of a change, and then has to lead': survives({
      aspect: 'planned after a restart of the standby',
      what: 'stand by',
      upset: async (scene, { standby }, turn) => {
        if (turn !== 1) return;
        const killedNs = scene.nowNs();
        await scene.act('kill -9 of the standby', standby.name, async () => signal(scene, standby, 'SIGKILL'));
        startSystem(scene, standby);
        await enters(scene, standby.name, 'standby', killedNs);
      },
      strike: standsBy,
    }),
    'the lead goes over, and comes back as soon as it may': survives({
      aspect: 'planned and back at once',
      what: 'stand by, and take over again',
      strike: async (scene, active) => {
        await standsBy(scene, active);
        await obeyed(`${active.name} has the lead again`, () => scene.lab.use('handover').takeOver(active));
      },
    }),
  },
);
