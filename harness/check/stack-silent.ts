import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { eventsOf, type Port, packetsOf, portText } from './seen.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * FWD-9, ALIAS-11: a load balancer's own stack never speaks for a cluster address: no packet with it as the source left by any of
 * these ports, though so many for it came in there.
 */
export const stackNeverAnswers = checker(function stackNeverAnswers(options: {
  address: string;
  ports: Port[];
  atLeast: number;
}) {
  const { address, ports, atLeast } = options;
  return (during, all = during) => {
    const sent = ports.flatMap((port) => packetsOf(during, { ...port, direction: 'sent' }));
    const [first] = sent.filter(({ packet }) => packet.source === address);
    if (first) return fail(`${portText(first.event)} sent a packet from ${address}`, [first.event]);
    const came = ports.flatMap((port) => packetsOf(during, { ...port, direction: 'received' }));
    const meant = came.filter(({ packet }) => packet.destination === address);
    if (meant.length < atLeast) return unknown(`${meant.length} packets for ${address} came; ${atLeast} were wanted`);
    const silent = pass(`none of ${meant.length} packets for ${address} was answered`, eventsOf(meant.slice(0, 2)));
    return unlessBlind(during, all, [{ what: 'frames', where: [...new Set(ports.map(({ lan }) => lan))] }], silent);
  };
});
