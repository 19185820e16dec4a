import { openUdpFlows, requestHttp } from '../harness/act/everyday.ts';
import { beginOnePacketFlows, unanswered } from '../harness/act/one-packet-flows.ts';
import { flowsMatchWeights, flowsSentByWeights } from '../harness/check/balance.ts';
import { noneLost } from '../harness/check/probes.ts';
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

export default await suite(
  import.meta,
  'servers get their shares',
  { topologies: ['invention'], seconds: 30, pair: { weights: WEIGHTS } },
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
        const flows = await openUdpFlows(scene, FLOWS, FLOWS);
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
      proves: ['BAL-5 other weights to five per cent', 'HA-15 weights'],
      needs: ['reload'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const nodes = scene.lab.nodes('nlb');
        for (const node of nodes) {
          await scene.act('give all the same weight', node.name, () => scene.lab.reload(node, { weights: EQUAL }));
        }
        const many = { node: active, count: FLOWS_FOR_FIVE_PERCENT, perSecond: FLOWS_PER_SECOND };
        await unanswered(scene, async () => {
          for (const service of ['http', 'echo-udp']) await beginOnePacketFlows(scene, { ...many, service });
        });
        for (const node of nodes) await scene.act('give them back', node.name, () => scene.lab.reload(node, {}));
        const shared = (service: string) =>
          flowsSentByWeights({
            ...scene.waysOf(service),
            serverMacs: scene.serverMacs,
            weights: EQUAL,
            significance: SIGNIFICANCE,
            flows: FLOWS_FOR_FIVE_PERCENT,
          });
        return { 'connections fit them': shared('http'), 'flows of datagrams fit them': shared('echo-udp') };
      },
    },
  },
);
