import { inTime } from '../harness/act/in-time.ts';
import { entryOf } from '../harness/act/inject.ts';
import { FLOWS, firstServer, underLoad, withoutWeight } from '../harness/act/live-flows.ts';
import { neighbourTests } from '../harness/act/neighbour-tests.ts';
import { oddPackets, reportErrors, sendFragments } from '../harness/act/odd-packets.ts';
import { madeUp, packetsOfFlows } from '../harness/act/packet-floods.ts';
import type { Scene } from '../harness/act/scene.ts';
import { answersAgain, reach } from '../harness/act/waits.ts';
import type { Claim } from '../harness/check/claim.ts';
import { type ErrorKind, errorsReachTheirServer } from '../harness/check/errors.ts';
import { flawedGoNoFurther } from '../harness/check/flawed.ts';
import { passesUnchanged } from '../harness/check/forwarding.ts';
import { fragmentsStayTogether } from '../harness/check/fragments.ts';
import { fragmentsFor, type PacketPattern } from '../harness/check/packet-pattern.ts';
import { downloadNarrowed } from '../harness/check/path-mtu.ts';
import { noneLost } from '../harness/check/probes.ts';
import { oneServerPerFlow } from '../harness/check/selection.ts';
import { flooded } from '../harness/check/syn-flood.ts';
import { flowsStayAt } from '../harness/check/undisturbed.ts';
import { clientAtRouter, forgetHalfOpen, narrowPath } from '../harness/fault/kernel-settings.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/** Of those of one server, fewer than so many are there twice in a million runs. */
const OF_ONE_SERVER = 2;
/** A packet that came in leaves within this, or never. */
const PASS_WITHIN_MS = 200;
/** The smallest that the configuration allows, and a flood of four times as many first packets. */
const TABLE = 1024;
/** Connections are silent for so long at a time: longer than the flood takes to fill the table. */
const SILENT_MS = 1000;
const FLOOD = { connections: 4 * TABLE, perSecond: 6000 };
/** A table that favours what was used twice must not take the flood for that; and so it does where each first packet comes again. */
const EACH = 2;
const ODD = { count: 600, perSecond: 1200 };
/** Of 400 malformed ones a ninth is made in each way; each flaw comes by one way at least. */
const ODD_EACH = 20;
const DATAGRAMS = 48;
const NARROW_MTU = 1200;
/** More than one packet takes, also on the narrow path. */
const DOWNLOAD = { count: 6, intervalMs: 100, payloadBytes: 4000 };

/** What routers say of packets on their way (RFC 792), by what FWD-7 calls it. */
const ERRORS: ErrorKind[] = [
  { name: 'fragmentation needed', type: 3, code: 4 },
  { name: 'host unreachable', type: 3, code: 1 },
  { name: 'time exceeded', type: 11, code: 0 },
];

const nothingLost: Record<string, Claim> = {
  'no message of a connection is lost': noneLost({ protocol: 'tcp', atLeast: 2 * FLOWS }),
  'no datagram is lost': noneLost({ protocol: 'udp', atLeast: 2 * FLOWS }),
};

/** What is meant passes with nothing changed but hardware addresses. */
const unchanged = (scene: Scene, active: LabNode, meant: PacketPattern, atLeast: number): Claim =>
  passesUnchanged({ path: scene.path(active.name), meant, atLeast, withinMs: PASS_WITHIN_MS });

export default await suite(
  import.meta,
  'packets that are odd, hostile or about others do no harm, and go where they belong',
  {
    topologies: ['invention', 'invention-flat'],
    everywhere: true,
    thorough: 'elsewhere',
    seconds: 18,
    pair: { maxConnections: TABLE },
  },
  {
    'an ICMP error goes to the server of the flow that it quotes, whatever would be chosen by now': {
      proves: ['FWD-7 TCP', 'FWD-7 UDP', 'FWD-7 fragmentation needed', 'FWD-7 unreachable', 'FWD-7 time exceeded'],
      needs: ['reload', 'weights'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const about = { errorAbout: scene.cluster };
        await underLoad(scene, (flows) =>
          withoutWeight(scene, active, async () => {
            const sinceNs = scene.nowNs();
            const known = flows();
            reportErrors(scene, known, ERRORS);
            await reach(scene, active.name, about, known.length * ERRORS.length, sinceNs);
          }),
        );
        return {
          'each to its flow’s server': errorsReachTheirServer({
            path: scene.path(active.name),
            clusterAddress: scene.cluster,
            serverMacs: scene.serverMacs,
            kinds: ERRORS,
            servers: scene.servers.map(({ name }) => name),
            atLeast: FLOWS,
          }),
          'with nothing changed but hardware addresses': unchanged(scene, active, about, FLOWS * ERRORS.length),
          ...nothingLost,
        };
      },
    },
    'a download goes on when a hop on its way is narrowed': {
      proves: ['FWD-7 a download whose path narrows'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const { client, router } = clientAtRouter(scene);
        const narrowed = { what: 'narrow the hop to the client', node: router.node };
        const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), ...DOWNLOAD });
        await answersAgain(scene, flows, 2 * DOWNLOAD.count);
        const widen = await scene.act(narrowed.what, narrowed.node, () => narrowPath(scene, NARROW_MTU));
        await answersAgain(scene, flows, 6 * DOWNLOAD.count);
        await flows.stop();
        await widen();
        return {
          'in packets that fit': downloadNarrowed({
            port: scene.port(client.node, client.leg),
            clusterAddress: scene.cluster,
            mtu: NARROW_MTU,
            after: narrowed,
            atLeast: 2 * DOWNLOAD.count,
          }),
          'no message is lost': noneLost({ protocol: 'tcp', atLeast: 8 * DOWNLOAD.count }),
          'each error to its flow’s server': errorsReachTheirServer({
            path: scene.path(active.name),
            clusterAddress: scene.cluster,
            serverMacs: scene.serverMacs,
            kinds: ERRORS.slice(0, 1),
            servers: [],
            atLeast: 1,
          }),
          'with nothing changed but hardware addresses': unchanged(scene, active, { errorAbout: scene.cluster }, 1),
        };
      },
    },
    'the fragments of a datagram go to one server, in order or not': {
      proves: ['FWD-8 in order', 'FWD-8 out of order'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const sinceNs = scene.nowNs();
        sendFragments(scene, entryOf(scene, active, 'echo-udp'), DATAGRAMS);
        await reach(scene, active.name, fragmentsFor(scene.cluster), 3 * DATAGRAMS, sinceNs);
        return {
          'all of each to one': fragmentsStayTogether({
            path: scene.path(active.name),
            service: scene.service('echo-udp'),
            serverMacs: scene.serverMacs,
            atLeast: DATAGRAMS / 4,
          }),
          'with nothing changed but hardware addresses': unchanged(
            scene,
            active,
            fragmentsFor(scene.cluster),
            3 * DATAGRAMS,
          ),
        };
      },
    },
    'malformed frames go no further, and good traffic goes on': {
      proves: [
        'FWD-11 truncated',
        'FWD-11 bad lengths',
        'FWD-11 bad version',
        'FWD-11 options',
        'FWD-11 nothing inside',
        'FWD-11 VLAN tags',
        'FWD-11 oversized',
        'FWD-11 flipped octets',
      ],
      breaks: [{ invariant: 'public addresses', why: 'malformed packets have any addresses' }],
      drops: [
        { cause: 'malformed', why: 'packets are truncated, or their headers changed', atMost: ODD.count },
        { cause: 'tagged', why: 'some are sent in VLANs that no node has', atMost: ODD.count },
        {
          cause: 'not served',
          why: 'octets that are flipped may be those of the port or the protocol',
          atMost: ODD.count,
        },
      ],
      random: true,
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        forgetHalfOpen(scene);
        const services = ['echo', 'echo-udp'];
        const sound: PacketPattern = { services: services.map((name) => scene.service(name)), sound: true };
        const withOptions: PacketPattern = { ...sound, hasOptions: true };
        const sinceNs = scene.nowNs();
        await underLoad(scene, async () => {
          const entries = services.map((name) => entryOf(scene, active, name));
          await inTime(ODD.count, ODD.perSecond, oddPackets(scene, entries));
          await reach(scene, active.name, withOptions, ODD.count / 3, sinceNs);
        });
        return {
          'what is flawed ends there': flawedGoNoFurther({
            path: scene.path(active.name),
            clusterAddress: scene.cluster,
            atLeast: ODD_EACH,
          }),
          'what has options is sound, and passes': unchanged(scene, active, withOptions, ODD.count / 3),
          'so does all that is sound': unchanged(scene, active, sound, 2 * FLOWS + ODD.count / 3),
          ...nothingLost,
        };
      },
    },
    'connections outlive a flood of first packets that fills the table several times over': {
      proves: ['FWD-12'],
      needs: ['reload', 'weights'],
      breaks: [
        { invariant: 'public addresses', why: 'the flood comes from made-up addresses', from: { what: 'flood' } },
      ],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        forgetHalfOpen(scene);
        const send = packetsOfFlows(scene, entryOf(scene, active, 'echo'), madeUp);
        const begin = (number: number) => send(Math.floor(number / EACH));
        const doIt = () => inTime(EACH * FLOOD.connections, FLOOD.perSecond, begin);
        const unkept = () => withoutWeight(scene, active, () => scene.act('flood', active.name, doIt));
        await underLoad(scene, unkept, SILENT_MS);
        const ofVictim = { server: firstServer(scene).name, protocol: 'tcp' as const, atLeast: OF_ONE_SERVER };
        return {
          'the flood reaches the load balancer': flooded({
            port: scene.port(active.name, 'access'),
            mac: scene.mac(active.name, 'access'),
            clusterAddress: scene.cluster,
            connections: FLOOD.connections,
            sources: 500,
            perSecond: (EACH * TABLE * 1000) / SILENT_MS,
          }),
          'those that the table alone keeps at their server stay there': flowsStayAt({
            ...ofVictim,
            after: { what: 'flood' },
          }),
          'each keeps its server': oneServerPerFlow({ atLeast: FLOWS }),
          ...nothingLost,
        };
      },
    },
    ...neighbourTests,
  },
);
