import { clientSubnets, requestHttp } from '../harness/act/everyday.ts';
import type { Scene } from '../harness/act/scene.ts';
import { publicAddresses } from '../harness/check/addresses.ts';
import { noneLost } from '../harness/check/probes.ts';
import { elsewhere } from '../harness/runner/elsewhere.ts';
import { suite } from '../harness/runner/suite.ts';

const REQUESTS = 20;

/** Two firewalls, their VRRP address, two load balancers, the cluster. */
const PRIOR_ART_ADDRESSES = 6;

async function serveAndCount(scene: Scene): Promise<void> {
  await requestHttp(scene, REQUESTS);
  await scene.census();
}

export default await suite(
  import.meta,
  'five public addresses are saved',
  { topologies: ['prior-art'], seconds: 7 },
  {
    'the prior art needs six public addresses where the invention needs one': {
      proves: ['ADDR-2'],
      run: async (scene) => {
        await serveAndCount(scene);
        let subnets: string[] = [];
        const there = await elsewhere(scene, 'invention', async (other) => {
          await serveAndCount(other);
          subnets = clientSubnets(other);
        });
        const served = noneLost({ protocol: 'http', atLeast: REQUESTS });
        return {
          'the prior art serves every request': served,
          'the prior art holds six': publicAddresses({
            count: PRIOR_ART_ADDRESSES,
            clientSubnets: clientSubnets(scene),
          }),
          'the invention serves every request': there(served),
          'the invention holds one': there(publicAddresses({ count: 1, clientSubnets: subnets })),
        };
      },
    },
  },
);
