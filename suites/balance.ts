import { openUdpFlows, requestHttp } from '../harness/act/everyday.ts';
import { beginOnePacketFlows, unanswered } from '../harness/act/one-packet-flows.ts';
import { reloadBoth } from '../harness/act/reload.ts';
import { answersAgain } from '../harness/act/waits.ts';
import { flowsMatchWeights, flowsSentByWeights } from '../harness/check/balance.ts';
import { onlyHardwareAddressesChanged } from '../harness/check/forwarding.ts';
import { noneLost, noReset } from '../harness/check/probes.ts';
import { oneServerPerFlow } from '../harness/check/selection.ts';
import { suite } from '../harness/runner/suite.ts';

const WEIGHTS = { server1: 1, server2: 2, server3: 3 };
const EQUAL = { server1: 1, server2: 1, server3: 1 };
/** Enough to tell 1:2:3 from 1:1:1 with certainty. What else they would tell, each verdict says. */
const FLOWS = 1500;
/** So many find a share that is 5 % off with 99.9 % probability: 54,732, and some. */
const FLOWS_FOR_FIVE_PERCENT = 55_000;
const FLOWS_PER_SECOND = 5000;
/** A right system fails with this probability: once in a million runs. */
const SIGNIFICANCE = 1e-6;
/** So many show with 99.9 % probability that one packet in 2,000 is lost or changed: 13,813, and some. */
const PACKETS_FOR_ONE_IN_2000 = 14_000;
/** A packet that came in leaves within this, or never. */
const PASS_WITHIN_MS = 200;
/** So many show with 99.9 % probability that one in 200 is forgotten: 1,379, and some. A tenth of what the table holds. */
const CONNECTIONS = 1400;

export default await suite(
  import.meta,
  'servers get their shares',
  { topologies: ['invention'], seconds: 42, pair: { weights: WEIGHTS } },
  {
    'connections are shared by weight, 1 : 2 : 3': {
      proves: ['BAL-5 connections'],
      run: async (scene) => {
        await scene.lab.pair();
        await requestHttp(scene, FLOWS, 32);
        return {
          'every request is answered': noneLost({ protocol: 'http', atLeast: FLOWS }),
          'the counts fit the weights': flowsMatchWeights({
            protocol: 'http',
            weights: WEIGHTS,
            significance: SIGNIFICANCE,
            flows: FLOWS,
          }),
        };
      },
    },
    'flows of datagrams are shared by weight, 1 : 2 : 3': {
      proves: ['BAL-5 datagrams'],
      run: async (scene) => {
        await scene.lab.pair();
        const flows = await openUdpFlows(scene, FLOWS, FLOWS / 3);
        await flows.stop();
        return {
          'every datagram is answered': noneLost({ protocol: 'udp', atLeast: FLOWS }),
          'the counts fit the weights': flowsMatchWeights({
            protocol: 'udp',
            weights: WEIGHTS,
            significance: SIGNIFICANCE,
            flows: FLOWS,
          }),
        };
      },
    },
    'once weights are changed to others, new flows of both kinds fit those, to five per cent': {
      thorough: true,
      proves: [
        'BAL-5 other weights to five per cent',
        'HA-15 weights',
        'FWD-1 TCP',
        'FWD-1 UDP',
        'FWD-7 TCP',
        'FWD-7 UDP',
      ],
      needs: ['reload'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        await reloadBoth(scene, 'give all the same weight', { weights: EQUAL });
        const many = { node: active, count: FLOWS_FOR_FIVE_PERCENT, perSecond: FLOWS_PER_SECOND };
        await unanswered(scene, async () => {
          for (const service of ['http', 'echo-udp']) await beginOnePacketFlows(scene, { ...many, service });
        });
        await reloadBoth(scene, 'give them back', {});
        const shared = (service: string) =>
          flowsSentByWeights({
            ...scene.waysOf(service),
            serverMacs: scene.serverMacs,
            weights: EQUAL,
            significance: SIGNIFICANCE,
            flows: FLOWS_FOR_FIVE_PERCENT,
          });
        return {
          'connections fit them': shared('http'),
          'flows of datagrams fit them': shared('echo-udp'),
          'and no packet of them is lost or changed': onlyHardwareAddressesChanged({
            path: scene.path(active.name),
            services: ['http', 'echo-udp'].map((name) => scene.service(name)),
            atLeast: PACKETS_FOR_ONE_IN_2000,
            withinMs: PASS_WITHIN_MS,
          }),
        };
      },
    },
    'of many connections none is moved, though by its hash each would be': {
      thorough: true,
      proves: ['FWD-5 another weight', 'HA-15 weights'],
      needs: ['reload', 'weights'],
      run: async (scene) => {
        await scene.lab.pair();
        const target = scene.target('echo');
        const flows = await scene.client.startTcpFlows({ target, count: CONNECTIONS, intervalMs: 1000 });
        await answersAgain(scene, flows, 2 * CONNECTIONS);
        // By its hash a connection is at one server of two at most, and so would be moved by the one change or the other.
        for (const only of ['server1', 'server2']) {
          const weights = Object.fromEntries(Object.keys(WEIGHTS).map((name) => [name, name === only ? 1 : 0]));
          await reloadBoth(scene, `give ${only} alone a weight`, { weights });
          await answersAgain(scene, flows, 2 * CONNECTIONS);
        }
        await flows.stop();
        await reloadBoth(scene, 'give them back', {});
        return {
          'each keeps its server': oneServerPerFlow({ atLeast: CONNECTIONS }),
          'none is reset': noReset({ protocol: 'tcp', atLeast: CONNECTIONS }),
          'no message is lost': noneLost({ protocol: 'tcp', atLeast: CONNECTIONS }),
        };
      },
    },
  },
);
