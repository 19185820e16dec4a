import { readEventLog } from '../harness/act/event-log.ts';
import { firewallTables, requestHttp, resolveEverywhere } from '../harness/act/everyday.ts';
import { packetForCluster } from '../harness/act/inject.ts';
import { underLoad } from '../harness/act/live-flows.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { SuiteTest } from '../harness/act/suite-test.ts';
import { DEAD_CABLE, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { allKnow, answersAgain, isFitToLead, neighbourAtRest, runsScript, sendsTo } from '../harness/act/waits.ts';
import { eventLogged } from '../harness/check/event-log.ts';
import { sendsFrom } from '../harness/check/hardware-address.ts';
import { gapAtMost, noneLost, noReset } from '../harness/check/probes.ts';
import { stackNeverAnswers } from '../harness/check/stack-silent.ts';
import { tablesRightAgain } from '../harness/check/tables.ts';
import { tookOver } from '../harness/check/takeover.ts';
import { noScriptRan } from '../harness/check/undisturbed.ts';
import { makeLegsAnew } from '../harness/fault/cable.ts';
import { setMac } from '../harness/fault/kernel-settings.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';
import type { Mac } from '../harness/topology/address.ts';

/** Of documentation (RFC 7042), so that nobody has them: of each node, by leg. */
const macsFor = (number: number): Record<'access' | 'server', Mac> => ({
  access: `02:00:5e:00:53:${number}1` as Mac,
  server: `02:00:5e:00:53:${number}2` as Mac,
});
const [CHANGED_ACCESS, CHANGED_SERVER] = ['02:00:5e:00:53:31', '02:00:5e:00:53:32'];
const REQUESTS = 60;
const READING = 'when it is fit again';
/** For as long as interfaces are made anew, and a node is not yet fit, a firewall that knows no better sends it packets. */
const SYN_EVERY_MS = 2;
/** In a lab that shares the machine a node is declared dead after 200 ms; a link that is down is seen sooner. */
const TAKEOVER_WITHIN_MS = 1000;
/** ALIAS-11. */
const FOLLOWED_WITHIN_MS = 100;
/** Those that are on their way to the old address until the firewalls know the new one are lost, and a client's next probe is not. */
const GAP_MS = FOLLOWED_WITHIN_MS + 50;
/** Linux takes no other hardware address into an entry within a second of a change of it (`locktime`). */
const LOCKED_MS = 1100;

/** A firewall sends connections' beginnings to the node at that hardware address, until what this gives is called. */
function keepSending(scene: Scene, mac: string): () => void {
  const from = scene.lab.nodes('firewall')[0]?.name ?? '';
  const entry = { from, to: mac, protocol: 'tcp' as const, port: scene.service('http').port };
  let sourcePort = 20_000;
  const timer = setInterval(
    () => scene.inject(from, 'access', packetForCluster(scene, entry, sourcePort++)),
    SYN_EVERY_MS,
  );
  return () => clearInterval(timer);
}

/** The standby's interfaces are made anew; then it is given the lead, and clients come. */
async function madeAnewThenLeads(scene: Scene, standby: LabNode, macs: Record<'access' | 'server', Mac>) {
  const stopSending = keepSending(scene, macs.access);
  await scene.act('make the interfaces anew', standby.name, () => makeLegsAnew(standby, macs));
  await isFitToLead(scene, standby);
  stopSending();
  const sinceNs = scene.nowNs();
  await scene.act('take over', standby.name, () => scene.lab.use('handover').takeOver(standby));
  await runsScript(scene, standby.name, 'active', sinceNs);
  await requestHttp(scene, REQUESTS);
}

const nodeNames = (scene: Scene): string[] => scene.lab.nodes('nlb').map(({ name }) => name);

/** On each node, one after the other, so that each is led by once. */
const madeAnewOnEach: SuiteTest = {
  proves: ['ALIAS-11 made anew on the standby'],
  drops: [
    ...DEAD_CABLE,
    { cause: 'no lease', why: 'the standby is sent packets for the cluster while its interfaces are made anew' },
  ],
  needs: ['handover', 'fitness'],
  run: async (scene) => {
    const { active, standby } = await scene.lab.pair();
    await scene.census();
    await madeAnewThenLeads(scene, standby, macsFor(1));
    await madeAnewThenLeads(scene, active, macsFor(2));
    const wasActive = { address: scene.nlbs, withinMs: TAKEOVER_WITHIN_MS };
    return {
      'every request is answered': noneLost({ protocol: 'http', atLeast: 2 * REQUESTS }),
      'one leads by its new interfaces': tookOver({
        ...wasActive,
        from: active.name,
        to: scene.port(standby.name, 'access'),
        after: { what: 'take over', node: standby.name },
      }),
      'and then the other': tookOver({
        ...wasActive,
        from: standby.name,
        to: scene.port(active.name, 'access'),
        after: { what: 'take over', node: active.name },
      }),
      'no node’s own stack answers, whatever comes by a new interface': stackNeverAnswers({
        address: scene.cluster,
        ports: scene.ports('nlb'),
        atLeast: 4 * REQUESTS,
      }),
    };
  },
};

const madeAnewUnderTheActive: SuiteTest = {
  proves: ['ALIAS-11 made anew on the active'],
  drops: [SENT_TO_FENCED_NODE, ...DEAD_CABLE],
  needs: ['fitness', 'eventLog'],
  run: async (scene) => {
    const { active, standby } = await scene.lab.pair();
    await scene.census();
    await resolveEverywhere(scene);
    const load = await scene.client.startUdpProbes({
      target: scene.target('echo-udp'),
      perSecond: 100,
      sourcePorts: 10,
      timeoutMs: 500,
    });
    const struck = { what: 'make the interfaces anew', node: active.name };
    const sinceNs = scene.nowNs();
    await scene.act(struck.what, struck.node, () => makeLegsAnew(active, macsFor(4)));
    await runsScript(scene, standby.name, 'active', sinceNs);
    await answersAgain(scene, load);
    await isFitToLead(scene, active);
    await load.stop();
    await readEventLog(scene, active, READING);
    return {
      'the other takes over': tookOver({
        address: scene.nlbs,
        from: active.name,
        to: scene.port(standby.name, 'access'),
        after: struck,
        withinMs: TAKEOVER_WITHIN_MS,
      }),
      'no connection is refused': noReset({ atLeast: 20 }),
      'the event log tells of it': eventLogged({
        node: active.name,
        reading: READING,
        name: 'interface',
        fields: { interface: 'access', attached: true, mac: macsFor(4).access },
      }),
    };
  },
};

const hardwareAddressChanges: SuiteTest = {
  proves: ['ALIAS-11 another hardware address'],
  drops: [{ cause: 'flooded', why: 'firewalls send to the old hardware address until they know the new one' }],
  run: async (scene) => {
    const { active } = await scene.lab.pair();
    await resolveEverywhere(scene);
    for (const { node } of firewallTables(scene)) await neighbourAtRest(scene, node, scene.nlbs, LOCKED_MS);
    const access = { what: 'change the hardware address to the firewalls', node: active.name };
    const server = { what: 'change the hardware address to the servers', node: active.name };
    const firewalls = firewallTables(scene).map(({ node }) => node);
    await underLoad(scene, async () => {
      await scene.act(access.what, access.node, () => setMac(active, 'access', CHANGED_ACCESS));
      await allKnow(scene, firewalls, scene.nlbs, CHANGED_ACCESS);
      await scene.act(server.what, server.node, () => setMac(active, 'server', CHANGED_SERVER));
      const [first = ''] = Object.values(scene.serverMacs);
      await sendsTo(scene, scene.port(active.name, 'server'), first, 50, scene.nowNs());
    });
    const path = { port: scene.port(active.name, 'server'), clusterAddress: scene.cluster };
    return {
      'the firewalls’ tables name the new one': tablesRightAgain({
        address: scene.nlbs,
        mac: CHANGED_ACCESS,
        tables: firewallTables(scene),
        misled: firewalls,
        after: access,
        withinMs: FOLLOWED_WITHIN_MS,
      }),
      'servers are sent to from the new one': sendsFrom({
        ...path,
        mac: CHANGED_SERVER,
        after: server,
        withinMs: FOLLOWED_WITHIN_MS,
        atLeast: 20,
      }),
      'clients miss little': gapAtMost({ protocol: 'udp', ms: GAP_MS, per: 'all', atLeast: 100 }),
      'no connection is reset': noReset({ protocol: 'tcp', atLeast: 100 }),
      'nobody takes over': noScriptRan({ nodes: nodeNames(scene) }),
    };
  },
};

/** The last one leaves the active with other hardware addresses than the plan's. */
export default await suite(
  import.meta,
  'interfaces that are made anew, or change their hardware address, are followed',
  { topologies: ['invention'], servers: 2, seconds: 16, inSharedLab: 'last', needs: ['stateScripts'] },
  {
    'interfaces made anew have the data path before their node leads by them': madeAnewOnEach,
    'a leader whose interfaces are made anew makes way, and is fit again': madeAnewUnderTheActive,
    'a leader’s own hardware addresses change under load': hardwareAddressChanges,
  },
);
