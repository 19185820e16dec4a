import { flowsMatchWeights } from '../harness/check/balance.ts';
import { noneLost } from '../harness/check/probes.ts';
import { requestHttp } from '../harness/suite/everyday.ts';
import { suite } from '../harness/suite/suite.ts';

const WEIGHTS = { server1: 1, server2: 2, server3: 3 };
/** Enough to tell 1:2:3 from 1:1:1 with certainty, and a share that is a tenth too large in half of all runs. */
const FLOWS = 1500;
/** A right system fails with this probability: once in a million runs. */
const SIGNIFICANCE = 1e-6;

export default await suite(
  import.meta,
  'servers get their shares',
  { topologies: ['invention'], seconds: 6, pair: { weights: WEIGHTS } },
  {
    'connections are shared by weight, 1 : 2 : 3': {
      proves: ['BAL-5'],
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
  },
);
