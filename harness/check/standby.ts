import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { eventsOf, type PacketSeen, type Port, packetsOf, portText } from './seen.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * FWD-3, FWD-10: a node that is not active sends nothing of the cluster's flows from any leg, though packets for the cluster
 * reach it.
 * @param options.reached `flooded`: frames for other hardware addresses (FWD-3); `addressed`: for its own (FWD-10)
 */
export const standbySilent = checker(function standbySilent(options: {
  clusterAddress: string;
  access: Port;
  mac: string;
  ports: Port[];
  reached: 'flooded' | 'addressed';
  atLeast: number;
}) {
  const { clusterAddress, access, mac, ports, reached, atLeast } = options;
  return (during, all = during) => {
    const sent = ports.flatMap((port) => packetsOf(during, { ...port, direction: 'sent' }));
    const astray = sent.find(({ packet }) => isOfCluster(packet, clusterAddress));
    if (astray) return fail(`${portText(astray.event)} sent a packet of the cluster's flows`, [astray.event]);
    const came = packetsOf(during, { ...access, direction: 'received' }).filter(
      ({ ethernet, packet }) =>
        packet.destination === clusterAddress && (ethernet.destination === mac) === (reached === 'addressed'),
    );
    const because = `${came.length} ${reached} packets for ${clusterAddress} reached ${portText(access)}`;
    if (came.length < atLeast) return unknown(`${because}; ${atLeast} were wanted`);
    const where = [access, ...ports].map(({ lan }) => lan);
    const silent = pass(`${because}, and it sent none on`, eventsOf(came.slice(0, 3)));
    return unlessBlind(during, all, [{ what: 'frames', where }], silent);
  };
});

/** To the cluster, from it, or an ICMP error about either. */
function isOfCluster({ source, destination, transport }: PacketSeen['packet'], clusterAddress: string): boolean {
  const quoted = transport?.kind === 'icmp' ? transport.quoted : undefined;
  return [source, destination, quoted?.source, quoted?.destination].includes(clusterAddress);
}

/** A load balancer, by every hardware address and every IP address of its own. */
export interface Balancer {
  node: string;
  macs: string[];
  addresses: string[];
}

/**
 * ROUTE-4: replies from a cluster address, of which at least so many are seen, pass no load balancer: none is sent by
 * one, and none is handed to one's hardware address. What is meant for a load balancer itself is no reply to a client.
 */
export const repliesBypass = checker(function repliesBypass(options: {
  cluster: readonly string[];
  balancers: Balancer[];
  lans: string[];
  atLeast: number;
}) {
  const { cluster, balancers, lans, atLeast } = options;
  const own = balancers.flatMap(({ addresses }) => addresses);
  return (during, all = during) => {
    const replies = lans
      .flatMap((lan) => cluster.flatMap((source) => packetsOf(during, { lan, source })))
      .filter(({ packet }) => !own.includes(packet.destination));
    const through = replies.find(({ event, ethernet }) => {
      const balancer = balancers.find(({ node }) => node === event.node);
      if (!balancer) return false;
      return event.direction === 'sent' || balancer.macs.includes(ethernet.destination);
    });
    if (through) return fail(`a reply passed ${portText(through.event)}`, [through.event]);
    const sent = replies.filter(({ event }) => event.direction === 'sent');
    if (sent.length < atLeast) return unknown(`${sent.length} replies were seen; ${atLeast} were wanted`);
    const bypassed = pass(`${sent.length} replies passed no load balancer`, eventsOf(sent.slice(0, 3)));
    return unlessBlind(during, all, [{ what: 'frames', where: lans }], bypassed);
  };
});
