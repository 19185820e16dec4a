import type { CensusTaken, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind, unlessMissed } from './coverage.ts';
import { holdingsOf } from './holdings.ts';
import { bare } from './networks.ts';
import { EVENT_DELAY_NS } from './one-answerer.ts';
import { arpsOf, eventsOf, type Port, portText } from './seen.ts';
import { type ActFilter, actText, findAct, NS_PER_MS } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * ALIAS-7: a node whose daemon was killed, and whose kernel still holds the address, says nothing of it from the end of its
 * lease until it is given the address anew, though at least `atLeast` requests reach it while the address still stands.
 */
export const silentWhileLeft = checker(function silentWhileLeft(options: {
  address: string;
  port: Port;
  after: ActFilter;
  leaseMs: number;
  atLeast: number;
}) {
  const { address, port, after, leaseMs, atLeast } = options;
  return unlessMissed({ what: 'addresses', where: [port.node] }, (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const own = holdingsOf(all, address).filter(({ node }) => node === port.node);
    const left = own.find((one) => one.fromNs <= act.atNs && one.untilNs > act.atNs);
    if (!left) return unknown(`${port.node} did not hold ${address} when ${actText(after)} began`, [act]);
    const fromNs = act.atNs + leaseMs * NS_PER_MS;
    const anewNs = own.find((one) => one.fromNs > act.atNs)?.fromNs ?? Number.POSITIVE_INFINITY;
    const untilNs = anewNs - EVENT_DELAY_NS;
    const said = arpsOf(during, { ...port, direction: 'sent' }).find(
      ({ event, arp }) => arp.senderIp === address && event.atNs >= fromNs && event.atNs < untilNs,
    );
    if (said) return fail(`${portText(port)} spoke for ${address} on nobody's behalf`, [act, said.event]);
    const asked = arpsOf(during, { ...port, direction: 'received' }).filter(
      ({ event, arp }) =>
        arp.operation === 'request' &&
        arp.targetIp === address &&
        arp.senderIp !== address &&
        event.atNs >= fromNs &&
        event.atNs < left.untilNs,
    );
    const because = `${asked.length} requests reached ${portText(port)} while it held ${address} without a lease`;
    if (asked.length < atLeast) return unknown(`${because}; ${atLeast} were wanted`, [act, ...left.evidence]);
    const silent = pass(`${because}, and it answered none`, [act, ...left.evidence, ...eventsOf(asked.slice(0, 2))]);
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], silent);
  });
});

/** An address on a device of a node. */
export interface Placed {
  device: string;
  address: string;
}

/**
 * ALIAS-9: by the censuses before and after the act, the node has lost those addresses, which it held until then, and no
 * other, and has been given none.
 */
export const lostOnly = checker(function lostOnly(options: { node: string; addresses: Placed[]; after: ActFilter }) {
  const { node, addresses, after } = options;
  return (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const censuses = all.filter((event): event is CensusTaken => event.kind === 'census' && namesNode(event, node));
    const before = censuses.findLast(({ atNs }) => atNs <= act.atNs);
    const later = censuses.find(({ atNs }) => atNs >= (act.untilNs ?? act.atNs));
    if (!before || !later)
      return unknown(`no census was taken ${before ? 'after' : 'before'} ${actText(after)}`, [act]);
    const [had, has] = [heldBy(before, node), heldBy(later, node)];
    const due = addresses.map(placeText);
    const absent = due.find((place) => !had.includes(place));
    if (absent) return unknown(`${node} did not have ${absent} before ${actText(after)}`, [before]);
    const evidence = [before, act, later];
    const kept = due.find((place) => has.includes(place));
    if (kept) return fail(`${node} still has ${kept}`, evidence);
    const lost = had.find((place) => !due.includes(place) && !has.includes(place));
    if (lost) return fail(`${node} lost ${lost}, which was not its own`, evidence);
    const given = has.find((place) => !had.includes(place));
    if (given) return fail(`${node} was given ${given}`, evidence);
    return pass(`${node} gave up ${due.join(', ')} and kept ${has.join(', ')}`, evidence);
  };
});

const placeText = ({ device, address }: Placed): string => `${bare(address)} on ${device}`;
const heldBy = (census: CensusTaken, node: string): string[] =>
  census.addresses.filter((held) => held.node === node).map(placeText);
const namesNode = (census: CensusTaken, node: string): boolean => census.addresses.some((held) => held.node === node);

/** Where a test puts what it found of programs on a node: a line for each in the act's detail, `access: xdp 17`. */
export const PROGRAMS_LISTED = 'list the attached programs';

/** ALIAS-9: something was attached to each of the devices before the act, and nothing is left of it afterwards. */
export const detached = checker(function detached(options: { node: string; devices: string[]; after: ActFilter }) {
  const { node, devices, after } = options;
  return (during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const lists = during.filter((event) => isList(event, node));
    const before = lists.findLast(({ atNs }) => atNs <= act.atNs);
    const later = lists.find(({ atNs }) => atNs >= (act.untilNs ?? act.atNs));
    if (!before || !later) return unknown(`no list was made ${before ? 'after' : 'before'} ${actText(after)}`, [act]);
    const had = linesOf(before);
    const bareDevice = devices.find((device) => !had.some((line) => line.startsWith(`${device}: `)));
    if (bareDevice) return unknown(`nothing was attached to ${bareDevice} of ${node} before`, [before]);
    const left = linesOf(later);
    if (left.length > 0) return fail(`${node} still has ${left.join(', ')}`, [before, act, later]);
    return pass(`${node} had ${had.join(', ')}, and nothing is left of it`, [before, act, later]);
  };
});

const isList = (event: HistoryEvent, node: string): boolean =>
  event.kind === 'act' && event.what === PROGRAMS_LISTED && event.node === node;
const linesOf = (event: HistoryEvent): string[] =>
  event.kind === 'act' ? (event.detail ?? '').split('\n').filter(Boolean) : [];
