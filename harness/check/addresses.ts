import type { CensusTaken, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { bare, isInside, isPrivate, isPublic } from './networks.ts';
import { fail, pass, unknown, type Verdict } from './verdict.ts';

type Held = CensusTaken['addresses'][number];

/** Judge every census; the first that is not passed decides. A census without addresses shows nothing. */
function everyCensus(events: readonly HistoryEvent[], judge: (census: CensusTaken) => Verdict): Verdict {
  const taken = events.filter((event) => event.kind === 'census');
  if (taken.some((census) => census.addresses.length === 0)) return unknown('a census is empty', taken);
  const verdicts = taken.map(judge);
  return verdicts.find(({ verdict }) => verdict !== 'pass') ?? verdicts.at(-1) ?? unknown('no census was taken');
}

/**
 * ADDR-1, ADDR-2: the nodes hold exactly so many different public addresses, those of clients' subnets not counted.
 * @param options.exactly the addresses themselves, where they must be these and no others
 */
export const publicAddresses = checker(function publicAddresses(options: {
  count: number;
  clientSubnets: string[];
  exactly?: string[];
}) {
  return (during) => everyCensus(during, (census) => countPublic(census, options));
});

function countPublic(
  census: CensusTaken,
  { count, clientSubnets, exactly }: { count: number; clientSubnets: string[]; exactly?: string[] },
): Verdict {
  const ofClients = (address: string) => clientSubnets.some((subnet) => isInside(address, subnet));
  const held = census.addresses.map(({ address }) => bare(address)).filter((address) => isIpv4(address));
  const found = [...new Set(held)].filter((address) => isPublic(address) && !ofClients(address)).sort();
  const because = `${found.length} public addresses are held (${found.join(', ') || 'none'})`;
  if (found.length !== count) return fail(`${because}, not ${count}`, [census]);
  const other = exactly && found.join() !== exactly.toSorted().join();
  return other ? fail(`${because}, not ${exactly.join(', ')}`, [census]) : pass(because, [census]);
}

function isIpv4(address: string): boolean {
  return !address.includes(':');
}

/** A device of a node that must have a private address of its own in a subnet. */
export interface OwnLeg {
  node: string;
  device: string;
  subnet: string;
}

/** ADDR-4: each leg has an address in its private subnet that no other device has, the shared ones not counted. */
export const ownPrivateAddresses = checker(function ownPrivateAddresses(options: { legs: OwnLeg[]; shared: string[] }) {
  return (during) =>
    everyCensus(during, (census) => {
      const without = options.legs.find((leg) => !hasOwn(census.addresses, leg, options.shared));
      if (!without) return pass(`${options.legs.length} legs have private addresses of their own`, [census]);
      return fail(`${without.node} has no private address of its own in ${without.subnet} on ${without.device}`, [
        census,
      ]);
    });
});

function hasOwn(held: Held[], leg: OwnLeg, shared: string[]): boolean {
  const onLeg = held.filter(({ node, device }) => node === leg.node && device === leg.device);
  return onLeg.some(({ address }) => {
    const holders = held.filter((other) => bare(other.address) === bare(address));
    const suitable = isIpv4(address) && isPrivate(address) && isInside(address, leg.subnet);
    return suitable && holders.length === 1 && !shared.includes(bare(address));
  });
}

/** ALIAS-6: each of the nodes holds each of the addresses on its loopback, and nobody holds one anywhere else. */
export const aliasOnlyOnLoopback = checker(function aliasOnlyOnLoopback(options: {
  addresses: string[];
  nodes: string[];
}) {
  return (during) => {
    const added = addedElsewhere(during, options.addresses);
    if (added) return fail(`${added.node} was given ${added.address} on ${added.device}`, [added]);
    return everyCensus(during, (census) => onLoopback(census, options));
  };
});

/**
 * ALIAS-6: nobody is given one of the addresses anywhere but on a loopback, by address events and by every census: whoever has
 * stopped, and has none at all, is not meant.
 */
export const onLoopbackIfAtAll = checker(function onLoopbackIfAtAll(options: { addresses: string[] }) {
  const { addresses } = options;
  return (during) => {
    const added = addedElsewhere(during, addresses);
    if (added) return fail(`${added.node} was given ${added.address} on ${added.device}`, [added]);
    return everyCensus(during, (census) => {
      const held = census.addresses.filter(({ address }) => addresses.includes(bare(address)));
      const astray = held.find(({ device }) => device !== 'lo');
      if (astray) return fail(`${astray.node} holds ${astray.address} on ${astray.device}`, [census]);
      if (held.length === 0) return unknown('by a census nobody holds any of them', [census]);
      return pass(`${held.length} times on a loopback, and nowhere else`, [census]);
    });
  };
});

function addedElsewhere(events: readonly HistoryEvent[], addresses: readonly string[]) {
  return events
    .filter((event) => event.kind === 'address')
    .find(({ address, change, device }) => change === 'added' && device !== 'lo' && addresses.includes(bare(address)));
}

function onLoopback(census: CensusTaken, { addresses, nodes }: { addresses: string[]; nodes: string[] }): Verdict {
  const held = census.addresses.filter(({ address }) => addresses.includes(bare(address)));
  const astray = held.find(({ device }) => device !== 'lo');
  if (astray) return fail(`${astray.node} holds ${astray.address} on ${astray.device}`, [census]);
  for (const node of nodes) {
    const missing = addresses.find((wanted) => !held.some((one) => one.node === node && bare(one.address) === wanted));
    if (missing) return fail(`${node} does not hold ${missing} on its loopback`, [census]);
  }
  return pass(`${nodes.join(', ')} hold ${addresses.join(', ')} on the loopback alone`, [census]);
}
