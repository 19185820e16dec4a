import { firewalls, requestHttp } from '../harness/act/everyday.ts';
import { askFor, askThroughout } from '../harness/act/inject.ts';
import type { Scene } from '../harness/act/scene.ts';
import { hasAnnounced, heardAsking, knows } from '../harness/act/waits.ts';
import { answersWith, neverSendsFor, noAnswerFrom, repliesWellFormed } from '../harness/check/arp.ts';
import type { Claim } from '../harness/check/claim.ts';
import { noneLost } from '../harness/check/probes.ts';
import type { Port } from '../harness/check/seen.ts';
import { suite } from '../harness/runner/suite.ts';

const TIMES = 10;
/** A kernel that answers for another may wait for up to 0.8 s (`proxy_delay` of arp(7)). */
const ASKED_FOR_MS = 1000;
const ANSWER_WITHIN_MS = 50;
const FLUSHES = 15;

/** Both firewalls ask, so that there are askers of more than one kind and place. */
async function askOnAccess(scene: Scene, address: string): Promise<void> {
  const legs = scene.lab.nodes('firewall').map(({ name }) => ({ node: name, leg: 'access' }));
  await askThroughout(scene, address, legs, ASKED_FOR_MS);
}

/** Servers ask on their subnet. */
async function askOnServer(scene: Scene, address: string): Promise<void> {
  const legs = scene.servers.map(({ name }) => ({ node: name, leg: 'server' }));
  await askThroughout(scene, address, legs, ASKED_FOR_MS);
}

/** A claim for each of several ports. */
function each(ports: Port[], words: string, checker: (port: Port) => Claim): Record<string, Claim> {
  return Object.fromEntries(ports.map((port) => [`${port.node}/${port.leg} ${words}`, checker(port)]));
}

/**
 * An announcement would fill the entry that a firewall has just lost, and nobody would ask. The last one comes seconds after a
 * lead began.
 */
const noMoreAnnounced = (scene: Scene, active: string): Promise<void> =>
  hasAnnounced(scene, scene.port(active, 'access'), scene.nlbs, 100);

/**
 * A firewall forgets the hardware address of the NLBS address, as when the entry ages out. Not by deleting the entry: that
 * takes the kernel two steps, and a datagram that comes between them is dropped with it (by the firewall, with an ICMP error).
 */
async function forget(scene: Scene, firewall: string): Promise<void> {
  const change = ['ip', 'neigh', 'change', scene.nlbs, 'dev', 'access', 'nud', 'failed'];
  await scene.act('forget the ARP entry', firewall, () => scene.lab.node(firewall).run(change));
}

/** A node that must ask for its neighbours on the server subnet again; a server, while it sends from the cluster address. */
async function forgetNeighbours(scene: Scene, node: string): Promise<void> {
  const flush = ['ip', 'neigh', 'flush', 'dev', 'server'];
  await scene.act('flush the ARP table', node, () => scene.lab.node(node).run(flush));
}

export default await suite(
  import.meta,
  'who answers for which address, and who never does',
  { topologies: ['invention', 'invention-flat'], everywhere: true, thorough: 'elsewhere', seconds: 8 },
  {
    'the active answers for the NLBS address, the standby does not': {
      proves: ['ARP-1', 'ARP-2', 'ARP-10 requests', 'ALIAS-2'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        await askOnAccess(scene, scene.nlbs);
        return {
          'the active answers every request with its own hardware address': answersWith({
            address: scene.nlbs,
            port: scene.port(active.name, 'access'),
            mac: scene.mac(active.name, 'access'),
            atLeast: 2 * TIMES,
            withinMs: ANSWER_WITHIN_MS,
          }),
          'the standby answers none': noAnswerFrom({
            address: scene.nlbs,
            port: scene.port(standby.name, 'access'),
            forMs: ASKED_FOR_MS,
            atLeast: 2 * TIMES,
            askers: 2,
          }),
          'replies go to the asker alone, with sender and target swapped': repliesWellFormed({
            ports: scene.ports('nlb'),
            withinMs: ANSWER_WITHIN_MS,
          }),
        };
      },
    },
    'nothing is said of the NLBS address on the server subnet': {
      proves: ['ARP-5 asked for there'],
      breaks: [{ invariant: 'server subnet', why: 'servers ask for the NLBS address, to see that nobody answers' }],
      drops: [{ cause: 'ARP on the server side', why: 'servers ask for the NLBS address' }],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        for (const { name } of [active, standby]) await forgetNeighbours(scene, name);
        await requestHttp(scene, 20);
        await askOnServer(scene, scene.nlbs);
        const legs = scene.ports('nlb').filter(({ leg }) => leg === 'server');
        return {
          ...each(legs, 'answers no request for it', (port) =>
            noAnswerFrom({ address: scene.nlbs, port, forMs: ASKED_FOR_MS, atLeast: TIMES, askers: 2 }),
          ),
          'no server leg of a load balancer announces it or asks from it': neverSendsFor({
            addresses: [scene.nlbs],
            ports: legs,
          }),
        };
      },
    },
    'nobody answers a request for the cluster address, on any segment': {
      proves: ['ARP-6 asked for on the access subnet', 'ARP-6 asked for on the server subnet'],
      breaks: [
        {
          invariant: 'no ARP for the cluster',
          why: 'everybody is asked for the cluster address, to see that nobody answers',
        },
      ],
      drops: [
        { cause: 'ARP for the cluster', why: 'stations of the access subnet ask for the cluster address' },
        { cause: 'ARP on the server side', why: 'servers ask for the cluster address' },
      ],
      run: async (scene) => {
        await scene.lab.pair();
        await askOnAccess(scene, scene.cluster);
        await askOnServer(scene, scene.cluster);
        const ports = [...scene.ports('nlb'), ...scene.ports('server')];
        return each(ports, 'answers none', (port) =>
          noAnswerFrom({ address: scene.cluster, port, forMs: ASKED_FOR_MS, atLeast: TIMES, askers: 2 }),
        );
      },
    },
    'with traffic flowing, no ARP packet has the cluster address as its sender': {
      proves: ['ARP-7 servers ask anew'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        for (const { name } of scene.servers) await forgetNeighbours(scene, name);
        await requestHttp(scene, 60);
        askFor(scene, scene.address(active.name, 'access'), { node: 'fw1', leg: 'access' }, 2);
        return {
          'from a load balancer or a server': neverSendsFor({
            addresses: scene.lab.plan.addresses.cluster,
            ports: [...scene.ports('nlb'), ...scene.ports('server')],
          }),
          'and the traffic was served': noneLost({ protocol: 'http', atLeast: 60 }),
        };
      },
    },
    'a firewall without an entry resolves the NLBS address and delivers what waited': {
      proves: ['ARP-8'],
      needs: ['announcements'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const { master } = await firewalls(scene);
        await noMoreAnnounced(scene, active.name);
        await forget(scene, master.name);
        await requestHttp(scene, 1);
        return {
          'the one request is answered': noneLost({ protocol: 'http', atLeast: 1 }),
          'the firewall asked, and the active answered': answersWith({
            address: scene.nlbs,
            port: scene.port(active.name, 'access'),
            mac: scene.mac(active.name, 'access'),
            atLeast: 1,
            withinMs: ANSWER_WITHIN_MS,
          }),
        };
      },
    },
    'an entry that is lost again and again under load loses no request': {
      proves: ['ARP-9'],
      needs: ['announcements'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const { master } = await firewalls(scene);
        const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), perSecond: 200 });
        await noMoreAnnounced(scene, active.name);
        for (let flush = 0; flush < FLUSHES; flush++) {
          const beforeNs = scene.nowNs();
          await forget(scene, master.name);
          await heardAsking(scene, scene.nlbs, 1, beforeNs);
          await knows(scene, master.name, scene.nlbs);
        }
        await load.stop();
        return {
          'every probe is answered': noneLost({ protocol: 'udp', atLeast: FLUSHES }),
          'the firewall asked anew each time': answersWith({
            address: scene.nlbs,
            port: scene.port(active.name, 'access'),
            mac: scene.mac(active.name, 'access'),
            atLeast: FLUSHES,
            withinMs: ANSWER_WITHIN_MS,
          }),
        };
      },
    },
  },
);
