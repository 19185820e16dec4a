import { inTime } from '../harness/act/in-time.ts';
import { entryOf } from '../harness/act/inject.ts';
import { FLOWS, firstServer, underLoad, withoutWeight } from '../harness/act/live-flows.ts';
import {
  beside,
  DATAGRAMS,
  forgeEnds,
  madeUp,
  middlesOfDatagrams,
  openDatagrams,
  packetsOfFlows,
} from '../harness/act/packet-floods.ts';
import type { Scene } from '../harness/act/scene.ts';
import { reach } from '../harness/act/waits.ts';
import type { TcpFlag } from '../harness/capture/tcp.ts';
import type { Claim } from '../harness/check/claim.ts';
import { fragmentsStayTogether } from '../harness/check/fragments.ts';
import { fragmentsFor, type PacketPattern } from '../harness/check/packet-pattern.ts';
import { noneLost, noReset } from '../harness/check/probes.ts';
import { oneServerPerFlow } from '../harness/check/selection.ts';
import { flooded } from '../harness/check/syn-flood.ts';
import { flowsStayAt } from '../harness/check/undisturbed.ts';
import { forgetHalfOpen } from '../harness/fault/kernel-settings.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/**
 * So many may enter in a second: all connections of a test may do so at once, and a table that is full takes more than three
 * seconds to be filled anew.
 */
const ENTER_PER_SECOND = 300;
/** Of those of one server, fewer than so many are there twice in a million runs. */
const OF_ONE_SERVER = 2;
/**
 * The smallest that the configuration allows, and floods of four times as many flows. Two packets prove each, and a third one
 * makes it as good as any: the kernel's table favours what has been used since it was entered.
 */
const TABLE = 1024;
const FLOOD = { flows: 4 * TABLE, perSecond: 6000 };
const EACH = 3;
/** Connections are silent for so long at a time: longer than the floods take to fill the table. */
const SILENT_MS = 1000;
const BITES = { connections: FLOOD.flows, sources: 100, perSecond: TABLE };

/** What FWD-14 forges in a client's name, before a SYN: none of it is in the server's window. */
const FORGED: TcpFlag[][][] = [[['fin', 'ack']], [['rst']], [['fin', 'ack'], ['rst']]];

const noneEnds: Record<string, Claim> = {
  'none is reset': noReset({ protocol: 'tcp', atLeast: 2 * FLOWS }),
  'no message of a connection is lost': noneLost({ protocol: 'tcp', atLeast: 2 * FLOWS }),
  'none is moved': oneServerPerFlow({ atLeast: FLOWS }),
};

/** Connections that the first server has, which by now would get none, stay there through an act. */
const stayThrough = (scene: Scene, what: string): Record<string, Claim> => ({
  'those that the table alone keeps at their server stay there': flowsStayAt({
    server: firstServer(scene).name,
    after: { what },
    protocol: 'tcp',
    atLeast: OF_ONE_SERVER,
  }),
  ...noneEnds,
});

function bites(scene: Scene, active: LabNode, of: { what: string; meant: PacketPattern }): Claim {
  const [port, mac] = [scene.port(active.name, 'access'), scene.mac(active.name, 'access')];
  return flooded({ port, mac, clusterAddress: scene.cluster, ...BITES, of });
}

const ACKS: PacketPattern = { flags: ['ack'] };
const DATAGRAM: PacketPattern = { transport: 'udp' };

/** Connections that are silent for long, while packets of that kind come of very many flows, three of each. */
async function flood(scene: Scene, active: LabNode, send: (number: number) => void): Promise<void> {
  forgetHalfOpen(scene);
  const doIt = () => inTime(EACH * FLOOD.flows, FLOOD.perSecond, (number) => send(Math.floor(number / EACH)));
  const unkept = () => withoutWeight(scene, active, () => scene.act('flood', active.name, doIt));
  await underLoad(scene, unkept, SILENT_MS);
}

export default await suite(
  import.meta,
  'connections that are in use outlive floods and forged ends',
  {
    topologies: ['invention'],
    everywhere: true,
    thorough: 'elsewhere',
    seconds: 20,
    pair: { maxConnections: TABLE, enterPerSecond: ENTER_PER_SECOND },
    needs: ['reload', 'weights'],
  },
  {
    'a forged FIN or RST and a SYN after it move no connection, where another server would be chosen by now': {
      proves: ['FWD-14 forged FIN', 'FWD-14 forged RST'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const entry = entryOf(scene, active, 'echo');
        await underLoad(scene, (flows) =>
          withoutWeight(scene, active, async () => {
            const known = flows().filter(({ protocol }) => protocol === 'tcp');
            await scene.act('forge', active.name, async () => {
              for (const [turn, flow] of known.entries())
                forgeEnds(scene, entry, [flow], FORGED[turn % FORGED.length] ?? []);
            });
          }),
        );
        return stayThrough(scene, 'forge');
      },
    },
    'connections outlive a flood of ACKs, three of each flow, that would fill the table several times over': {
      proves: ['FWD-14 ACKs'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        await flood(scene, active, packetsOfFlows(scene, entryOf(scene, active, 'echo'), beside(scene), ['ack']));
        return {
          'the flood reaches the load balancer': bites(scene, active, { what: 'guesses', meant: ACKS }),
          ...stayThrough(scene, 'flood'),
        };
      },
    },
    'connections outlive a flood of datagrams, three of each flow': {
      proves: ['FWD-14 datagrams'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        await flood(scene, active, packetsOfFlows(scene, entryOf(scene, active, 'echo-udp'), beside(scene)));
        return {
          'the flood reaches the load balancer': bites(scene, active, { what: 'datagrams’ flows', meant: DATAGRAM }),
          ...stayThrough(scene, 'flood'),
        };
      },
    },
    'under a flood of fragments from the middle of datagrams, the pieces of others stay together': {
      proves: ['FWD-8 under a flood', 'FWD-14 middle fragments'],
      breaks: [
        { invariant: 'public addresses', why: 'the flood comes from made-up addresses', from: { what: 'flood' } },
      ],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const entry = entryOf(scene, active, 'echo-udp');
        const fragments = fragmentsFor(scene.cluster);
        const datagrams = openDatagrams(scene, entry);
        const middle = middlesOfDatagrams(scene, entry, madeUp);
        const sinceNs = scene.nowNs();
        datagrams.begin();
        await reach(scene, active.name, DATAGRAM, DATAGRAMS, sinceNs);
        const send = (number: number): void => {
          if (number < DATAGRAMS) datagrams.before(number);
          middle(number);
          const last = number - (FLOOD.flows - DATAGRAMS);
          if (last >= 0) datagrams.after(last);
        };
        await underLoad(scene, () =>
          withoutWeight(scene, active, async () => {
            await scene.act('flood', active.name, () => inTime(FLOOD.flows, FLOOD.perSecond, send));
            await reach(scene, active.name, fragments, FLOOD.flows + 3 * DATAGRAMS, sinceNs);
          }),
        );
        const path = scene.path(active.name);
        return {
          'the flood reaches the load balancer': bites(scene, active, { what: 'datagrams', meant: fragments }),
          'all pieces of each go to one server': fragmentsStayTogether({
            path,
            service: scene.service('echo-udp'),
            serverMacs: scene.serverMacs,
            atLeast: DATAGRAMS / 8,
          }),
          ...noneEnds,
        };
      },
    },
  },
);
