import { announcementsFrom } from '../check/announcement.ts';
import { fitting, type PacketPattern } from '../check/packet-pattern.ts';
import { arpsOf, framesOf, type Port, packetsOf } from '../check/seen.ts';
import { NS_PER_MS } from '../check/span.ts';
import { until } from '../clock/until.ts';
import type { AddressChanged, HistoryEvent } from '../history/event.ts';
import type { Pair } from '../lab/lab.ts';
import { type Place, placeOf } from '../lab/leader.ts';
import type { LabNode } from '../node/node.ts';
import type { Role } from '../system/system.ts';
import type { Load } from '../traffic/client-handle.ts';
import type { Scene } from './scene.ts';

/**
 * What tests wait for. It makes no verdict, that is for the checkers, afterwards; but a wait for what the system under test promises
 * is a failure where it does not come, and any other leaves the verdict unknown.
 */

/** So many ARP requests for the address were sent, by anybody, from `sinceNs` on. */
export async function heardAsking(scene: Scene, address: string, times: number, sinceNs = 0): Promise<void> {
  const enough = (events: HistoryEvent[]) =>
    arpsOf(events, { direction: 'sent' }).filter(
      ({ arp }) => arp.operation === 'request' && arp.targetIp === address && arp.senderIp !== address,
    ).length >= times;
  await scene.wait(`${times} ARP requests for ${address}`, enough, { sinceNs, isPromise: true });
}

/** The node has entered a state, by the mark that its state script leaves. */
export async function runsScript(scene: Scene, node: string, state: Role, sinceNs = 0): Promise<void> {
  const ran = (events: HistoryEvent[]) =>
    events.some((event) => event.kind === 'script' && event.node === node && event.state === state);
  await scene.wait(`${node} runs its script of the state ${state}`, ran, {
    sinceNs,
    withinMs: 10_000,
    isPromise: true,
  });
}

/** The node has come to that state since then: by the address, and by its script of the state where the system has such scripts. */
export async function enters(scene: Scene, node: string, state: Place | 'inop', sinceNs: number): Promise<void> {
  if (state === 'active') await takesAlias(scene, node, sinceNs, 10_000);
  if (scene.lab.system.can.stateScripts) return runsScript(scene, node, state, sinceNs);
  if (state === 'standby') await becomes(scene, node, state, 10_000);
  if (state === 'inop') await losesAlias(scene, node, sinceNs);
}

async function losesAlias(scene: Scene, node: string, sinceNs: number): Promise<void> {
  const lost = (events: HistoryEvent[]) => events.some((event) => isAliasOf(scene, node, 'removed', event));
  await scene.wait(`${node} gives up ${scene.nlbs}`, lost, { sinceNs, withinMs: 10_000 });
}

const isAliasOf = (
  { nlbs }: Scene,
  node: string,
  change: AddressChanged['change'],
  event: HistoryEvent,
): event is AddressChanged =>
  event.kind === 'address' && event.node === node && event.change === change && event.address.startsWith(`${nlbs}/`);

/**
 * The pair, once one leads and the other stands by, and the scripts of these states have run, where there are such: whatever
 * moves now is news.
 */
export async function atRest(scene: Scene, withinMs = 10_000): Promise<Pair> {
  const pair = await scene.lab.pair(withinMs);
  if (!scene.lab.system.can.stateScripts) return pair;
  const ran = (events: HistoryEvent[], node: string, state: Role) => {
    const last = events.findLast((event) => event.kind === 'script' && event.node === node);
    return last?.kind === 'script' && last.state === state;
  };
  const both = (events: HistoryEvent[]) =>
    ran(events, pair.active.name, 'active') && ran(events, pair.standby.name, 'standby');
  await scene.wait('the scripts of both nodes’ states have run', both, { withinMs, isPromise: true });
  return pair;
}

/** The node was given the NLBS address; gives the event, as it was read. */
export function takesAlias(
  scene: Scene,
  node: string,
  sinceNs: number,
  withinMs = 5000 + scene.lab.system.deadAfterMs,
): Promise<AddressChanged> {
  const given = (event: HistoryEvent): event is AddressChanged => isAliasOf(scene, node, 'added', event);
  return scene.wait(`${node} is given ${scene.nlbs}`, (events) => events.find(given), {
    sinceNs,
    withinMs,
    isPromise: true,
  });
}

/** The node leads, or stands by, by what the network shows. */
export async function becomes(
  scene: Scene,
  node: string,
  place: Place,
  withinMs = 5000 + scene.lab.system.deadAfterMs,
): Promise<void> {
  const handle = scene.lab.node(node);
  const is = async () => (await placeOf(scene.lab, handle, place)) === place;
  await until(is, { what: `${node} becomes ${place}`, withinMs, everyMs: 20, isPromise: true });
}

/** The node beats by all its legs, and says that it stands by and could serve. */
export async function isFitToLead(scene: Scene, node: LabNode): Promise<void> {
  for (const { name } of node.home.plan.legs) await sends(scene, node.name, name, 20);
  const isFit = scene.lab.use('fitness');
  const isSo = async () => (await placeOf(scene.lab, node, 'standby')) === 'standby' && (await isFit(node));
  await until(isSo, { what: `${node.name} stands by and is fit`, withinMs: 10_000, everyMs: 50, isPromise: true });
}

/** Probes of the load that were sent from now on are answered: `atLeast` of them. */
export async function answersAgain(scene: Scene, load: Load, atLeast = 20): Promise<void> {
  const sinceNs = scene.nowNs();
  const answered = () => load.probes.filter(({ atNs, outcome }) => atNs >= sinceNs && outcome === 'answered').length;
  await until(() => answered() >= atLeast, {
    what: `${atLeast} probes are answered again`,
    withinMs: 10_000,
    isPromise: true,
  });
}

/** The last so many probes that were sent from now on are answered, without one that was lost between them. */
export async function answersInARow(scene: Scene, load: Load, count: number): Promise<void> {
  const sinceNs = scene.nowNs();
  const inARow = () => {
    const last = load.probes.filter(({ atNs }) => atNs >= sinceNs).slice(-count);
    return last.length === count && last.every(({ outcome }) => outcome === 'answered');
  };
  await until(inARow, { what: `${count} probes are answered in a row`, withinMs: 10_000, isPromise: true });
}

/** So many probes of the load have ended, one way or another. */
export async function probesEnded(load: Load, atLeast: number): Promise<void> {
  await until(() => load.probes.length >= atLeast, { what: `${atLeast} probes have ended`, withinMs: 10_000 });
}

/** The node has a hardware address for an IP address in its table. */
export async function knows(scene: Scene, node: string, address: string): Promise<void> {
  const entry = (events: HistoryEvent[]) =>
    events.findLast((event) => event.kind === 'neighbour' && event.node === node && event.address === address);
  const known = (events: HistoryEvent[]) => {
    const last = entry(events);
    return last?.kind === 'neighbour' && last.mac !== undefined && last.state !== 'REMOVED';
  };
  await scene.wait(`${node} has an ARP entry for ${address}`, known, { isPromise: true });
}

/** So many packets for the cluster address reached the node's access leg, from `sinceNs` on. */
export async function receivedForCluster(scene: Scene, node: string, times: number, sinceNs: number): Promise<void> {
  const reached = (events: HistoryEvent[]) =>
    packetsOf(events, { ...scene.port(node, 'access'), direction: 'received' }).filter(
      ({ packet }) => packet.destination === scene.cluster,
    ).length >= times;
  await scene.wait(`${times} packets for the cluster reach ${node}`, reached, { sinceNs });
}

/** So many packets to the cluster or from it reached the node's server leg, from `sinceNs` on. */
export async function receivedFromServer(scene: Scene, node: string, times: number, sinceNs: number): Promise<void> {
  const reached = (events: HistoryEvent[]) =>
    packetsOf(events, { ...scene.port(node, 'server'), direction: 'received' }).filter(
      ({ packet }) => packet.destination === scene.cluster || packet.source === scene.cluster,
    ).length >= times;
  await scene.wait(`${times} packets of the cluster reach the server leg of ${node}`, reached, { sinceNs });
}

/** So many of the packets that are meant reached the node's access leg, from `sinceNs` on. */
export async function reach(
  scene: Scene,
  node: string,
  meant: PacketPattern,
  times: number,
  sinceNs: number,
): Promise<void> {
  const isMeant = fitting(meant);
  const came = (events: HistoryEvent[]) =>
    packetsOf(events, { ...scene.port(node, 'access'), direction: 'received' }).filter(isMeant).length >= times;
  await scene.wait(`${times} of the packets that are meant reach ${node}`, came, { sinceNs });
}

/** The node has sent so many frames by a leg, from now on: a load balancer that lives does so all the time. */
export async function sends(scene: Scene, node: string, leg: string, frames: number): Promise<void> {
  const sent = (events: HistoryEvent[]) =>
    framesOf(events, { ...scene.port(node, leg), direction: 'sent' }).length >= frames;
  await scene.wait(`${node} sends ${frames} frames by ${leg}`, sent, {
    sinceNs: scene.nowNs(),
    withinMs: 20_000,
    isPromise: true,
  });
}

/** The node has sent VRRP advertisements on so many legs, from now on. */
export async function advertises(scene: Scene, node: string, legs: number, isPromise = false): Promise<void> {
  const sent = (events: HistoryEvent[]) => legsWithAdverts(events, node, 'sent') >= legs;
  await scene.wait(`${node} advertises on ${legs} legs`, sent, { sinceNs: scene.nowNs(), isPromise });
}

/** Such advertisements of others reach the node on so many legs, from now on: the switches forward them. */
export async function hearsAdverts(scene: Scene, node: string, legs: number): Promise<void> {
  const received = (events: HistoryEvent[]) => legsWithAdverts(events, node, 'received') >= legs;
  await scene.wait(`${node} hears advertisements on ${legs} legs`, received, { sinceNs: scene.nowNs() });
}

function legsWithAdverts(events: HistoryEvent[], node: string, direction: 'sent' | 'received'): number {
  const adverts = packetsOf(events, { node, direction }).filter(({ packet }) => packet.transport?.kind === 'vrrp');
  return new Set(adverts.map(({ event }) => event.leg)).size;
}

/** In each of the nodes' tables the address is at that hardware address. */
export async function allKnow(scene: Scene, nodes: string[], address: string, mac: string): Promise<void> {
  const named = (events: HistoryEvent[], node: string) => {
    const last = events.findLast(
      (event) => event.kind === 'neighbour' && event.node === node && event.address === address,
    );
    return last?.kind === 'neighbour' && last.mac === mac;
  };
  const all = (events: HistoryEvent[]) => nodes.every((node) => named(events, node));
  await scene.wait(`${nodes.join(', ')} find ${address} at ${mac}`, all, { isPromise: true });
}

/** The port has announced the address again since then, so many times. */
export async function announces(scene: Scene, port: Port, address: string, sinceNs: number, times = 1): Promise<void> {
  const enough = (events: HistoryEvent[]) => announcementsFrom(events, port, address).length >= times;
  await scene.wait(`${port.node} announces ${address}`, enough, { sinceNs, isPromise: true });
}

/** The port has announced the address as often as it does after a takeover, and not for so long. */
export async function hasAnnounced(scene: Scene, port: Port, address: string, quietMs: number): Promise<void> {
  const areAll = scene.lab.use('announcements');
  const over = (events: HistoryEvent[]) => {
    const given = events.findLastIndex((event) => isAliasOf(scene, port.node, 'added', event));
    const atMs = announcementsFrom(events.slice(Math.max(0, given)), port, address).map(
      ({ event }) => event.atNs / NS_PER_MS,
    );
    const nowMs = scene.nowNs() / NS_PER_MS;
    return atMs.length > 0 && areAll(atMs, nowMs) && (atMs.at(-1) ?? nowMs) < nowMs - quietMs;
  };
  const what = `${port.node} has announced ${address}, and not for ${quietMs} ms`;
  await scene.wait(what, over, { withinMs: 10_000, isPromise: true });
}

/** For so long nothing has been news to the node of the address's hardware address. */
export async function neighbourAtRest(scene: Scene, node: string, address: string, quietMs: number): Promise<void> {
  const over = (events: HistoryEvent[]) => {
    const last = events.findLast(
      (event) => event.kind === 'neighbour' && event.node === node && event.address === address,
    );
    return (last?.atNs ?? 0) < scene.nowNs() - quietMs * NS_PER_MS;
  };
  await scene.wait(`nothing has changed in ${node}'s entry for ${address} for ${quietMs} ms`, over);
}

/** The port has sent so many packets for the cluster to the hardware address, from `sinceNs` on. */
export async function sendsTo(scene: Scene, port: Port, mac: string, times: number, sinceNs: number): Promise<void> {
  const sent = (events: HistoryEvent[]) =>
    packetsOf(events, { ...port, direction: 'sent' }).filter(
      ({ ethernet, packet }) => ethernet.destination === mac && packet.destination === scene.cluster,
    ).length >= times;
  await scene.wait(`${port.node} sends ${times} packets to ${mac}`, sent, {
    sinceNs,
    withinMs: 10_000,
    isPromise: true,
  });
}
