import { aliasOnlyOnLoopback, ownPrivateAddresses, publicAddresses } from '../harness/check/addresses.ts';
import { noRoutingProtocol } from '../harness/check/no-routing.ts';
import { noneLost } from '../harness/check/probes.ts';
import { routesAre } from '../harness/check/routes.ts';
import { clientSubnets, requestHttp } from '../harness/suite/everyday.ts';
import { suite } from '../harness/suite/suite.ts';

const REQUESTS = 30;

export default await suite(
  import.meta,
  'one public address is enough',
  { topologies: ['invention', 'invention-flat'], everywhere: true, thorough: 'elsewhere', seconds: 4 },
  {
    'with traffic flowing, the cluster address is the only public one': {
      proves: ['ADDR-1'],
      run: async (scene) => {
        await requestHttp(scene, REQUESTS);
        await scene.census();
        const { cluster } = scene.lab.plan.addresses;
        return {
          'every request is answered': noneLost({ protocol: 'http', atLeast: REQUESTS }),
          'the nodes hold no public address but the cluster’s': publicAddresses({
            count: cluster.length,
            exactly: cluster,
            clientSubnets: clientSubnets(scene),
          }),
        };
      },
    },
    'each load balancer and each server has private addresses of its own': {
      proves: ['ADDR-4'],
      run: async (scene) => {
        await scene.census();
        const { nlbs, vrrp } = scene.lab.plan.addresses;
        return {
          'every leg has one': ownPrivateAddresses({
            legs: [...scene.ownLegs('nlb'), ...scene.ownLegs('server')],
            shared: [nlbs, ...Object.values(vrrp)],
          }),
        };
      },
    },
    'the cluster address is on the loopback of load balancers and servers, and nowhere else': {
      proves: ['ALIAS-6'],
      run: async (scene) => {
        await scene.census();
        const nodes = [...scene.lab.nodes('nlb'), ...scene.servers].map(({ name }) => name);
        return {
          'by the interface tables': aliasOnlyOnLoopback({ addresses: scene.lab.plan.addresses.cluster, nodes }),
        };
      },
    },
    'firewalls reach the cluster through the NLBS address, servers answer through the VRRP address': {
      proves: ['ROUTE-1', 'ROUTE-2'],
      run: async (scene) => {
        await scene.census();
        const { vrrp } = scene.lab.plan.addresses;
        const gateway = vrrp.server ?? vrrp.access ?? '';
        const firewalls = scene.lab.nodes('firewall').map(({ name }) => name);
        return {
          'each firewall has the one static route': routesAre(
            firewalls.map((node) => ({ node, to: scene.cluster, via: scene.nlbs })),
          ),
          'each server has the one default route': routesAre(
            scene.servers.map(({ name }) => ({ node: name, to: 'default', via: gateway })),
          ),
        };
      },
    },
    'no routing protocol is spoken between firewalls and load balancers': {
      proves: ['ROUTE-3'],
      run: async (scene) => {
        await requestHttp(scene, REQUESTS);
        return { 'on the access subnet': noRoutingProtocol({ lan: scene.lan('access'), atLeast: 2 * REQUESTS }) };
      },
    },
  },
);
