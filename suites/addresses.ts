import { clientSubnets, firewalls, requestHttp } from '../harness/act/everyday.ts';
import { askFor } from '../harness/act/inject.ts';
import { eachFirewallSends, routedTo, routesConfigured } from '../harness/act/routes.ts';
import type { Scene } from '../harness/act/scene.ts';
import { BEATS_AT_ONCE } from '../harness/act/usual-drops.ts';
import { allKnow, becomes, enters } from '../harness/act/waits.ts';
import { aliasOnlyOnLoopback, ownPrivateAddresses, publicAddresses } from '../harness/check/addresses.ts';
import { aliasNeverOn, aliasPlaced, aliasReleased, neverTwoHolders } from '../harness/check/alias.ts';
import { answersWith } from '../harness/check/arp.ts';
import { noRoutingProtocol } from '../harness/check/no-routing.ts';
import { noneLost } from '../harness/check/probes.ts';
import { fromTheStart } from '../harness/check/span.ts';
import { cut, heal } from '../harness/fault/cable.ts';
import { suite } from '../harness/runner/suite.ts';

const REQUESTS = 30;
/** From the operator's command on, whose program takes its time to start where labs share the processors. */
const RELEASE_WITHIN_MS = 5000;
/** A node notices a dead interface by the kernel's word, and a lease runs meanwhile. */
const INOP_WITHIN_MS = 1500;
/** The tables of two nodes are read by two processes. */
const TOLERANCE_MS = 1;

const placed = (scene: Scene, node: string) => ({
  address: scene.nlbs,
  node,
  device: 'access',
  label: scene.lab.system.labels.alias,
});

/** One holder at a time, by the tables. */
const oneAtATime = (scene: Scene) => {
  const nodes = scene.lab.nodes('nlb').map(({ name }) => name);
  return {
    'the two never hold the alias at once': neverTwoHolders({ address: scene.nlbs, nodes, toleranceMs: TOLERANCE_MS }),
  };
};

export default await suite(
  import.meta,
  'one public address is enough, and the NLBS address is an alias on the access interface of the active alone',
  {
    topologies: ['invention', 'invention-flat'],
    everywhere: true,
    thorough: 'elsewhere',
    inSharedLab: 'first',
    seconds: 9,
  },
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
      proves: ['ADDR-4 load balancers', 'ADDR-4 servers'],
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
      proves: ['ALIAS-6 load balancers', 'ALIAS-6 servers'],
      run: async (scene) => {
        await scene.census();
        const nodes = [...scene.lab.nodes('nlb'), ...scene.servers].map(({ name }) => name);
        return {
          'by the interface tables': aliasOnlyOnLoopback({ addresses: scene.lab.plan.addresses.cluster, nodes }),
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
    'from its start on, the active holds the alias and the standby does not': {
      proves: ['ALIAS-1 at start', 'ALIAS-2', 'ALIAS-3 from its start'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const { master } = await firewalls(scene);
        await scene.census();
        askFor(scene, scene.nlbs, { node: master.name, leg: 'access' }, 5);
        const mac = scene.mac(active.name, 'access');
        return {
          'the alias is on the active’s access interface, labelled': fromTheStart(
            {},
            aliasPlaced(placed(scene, active.name)),
          ),
          'the standby never held it': fromTheStart({}, aliasNeverOn({ address: scene.nlbs, node: standby.name })),
          'it is answered for with that interface’s hardware address': answersWith({
            address: scene.nlbs,
            port: scene.port(active.name, 'access'),
            mac,
            atLeast: 5,
            withinMs: 50,
          }),
        };
      },
    },
    'a planned handover moves the alias': {
      proves: ['ALIAS-1 by handover', 'ALIAS-4 asked to'],
      needs: ['handover'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const handover = { what: 'stand by', node: active.name };
        await scene.act(handover.what, active.name, () => scene.lab.use('handover').standBy(active));
        await becomes(scene, standby.name, 'active');
        await scene.lab.pair();
        return {
          'the old active lets go of it': aliasReleased({
            address: scene.nlbs,
            node: active.name,
            after: handover,
            withinMs: RELEASE_WITHIN_MS,
          }),
          'the new active has it': aliasPlaced({
            ...placed(scene, standby.name),
            after: { ...handover, withinMs: RELEASE_WITHIN_MS },
          }),
          ...oneAtATime(scene),
        };
      },
    },
    'firewalls reach the cluster through the NLBS address, whoever holds it, and servers answer through the VRRP address':
      {
        proves: ['ROUTE-1 before a handover', 'ROUTE-1 after it', 'ROUTE-2'],
        needs: ['handover'],
        run: async (scene) => {
          const { active, standby } = await scene.lab.pair();
          await scene.census();
          await eachFirewallSends(scene);
          await requestHttp(scene, REQUESTS);
          const handover = { what: 'stand by', node: active.name };
          const handedNs = scene.nowNs();
          await scene.act(handover.what, active.name, () => scene.lab.use('handover').standBy(active));
          await becomes(scene, standby.name, 'active');
          await scene.lab.pair();
          const firewallNames = scene.lab.nodes('firewall').map(({ name }) => name);
          await allKnow(scene, firewallNames, scene.nlbs, scene.mac(standby.name, 'access'));
          const knownNs = scene.nowNs();
          await eachFirewallSends(scene);
          await requestHttp(scene, REQUESTS);
          const before = { span: { untilNs: handedNs }, holder: active.name };
          const afterwards = { span: { fromNs: knownNs }, holder: standby.name };
          return { ...routedTo(scene, before), ...routedTo(scene, afterwards), ...routesConfigured(scene) };
        },
      },
    'an active that can no longer serve lets go of the alias': {
      proves: ['ALIAS-5 its link to the servers cut'],
      drops: [BEATS_AT_ONCE],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const fault = { what: 'cut the server leg', node: active.name };
        const cutNs = scene.nowNs();
        await scene.act(fault.what, active.name, () => cut(scene, active.name, 'server'));
        await becomes(scene, standby.name, 'active');
        await enters(scene, active.name, 'inop', cutNs);
        await scene.act('heal the server leg', active.name, () => heal(scene, active.name, 'server'));
        await scene.lab.pair();
        return {
          'it lets go': aliasReleased({
            address: scene.nlbs,
            node: active.name,
            after: fault,
            withinMs: INOP_WITHIN_MS,
          }),
          ...oneAtATime(scene),
        };
      },
    },
  },
);
