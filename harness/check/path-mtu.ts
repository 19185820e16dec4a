import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { eventsOf, type Port, packetsOf, portText } from './seen.ts';
import { type ActFilter, actText, findAct } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/** A packet of a download is a full one when it is at least so much of what the path carries. */
const FULL = 0.9;

/**
 * FWD-7: a download from the cluster goes on through a path that was narrowed to `mtu` octets: longer packets than that reached
 * the port before the act, none after it, and then at least so many that fill the path. Only an ICMP error that reached
 * the server can have told it so (RFC 1191).
 */
export const downloadNarrowed = checker(function downloadNarrowed(options: {
  port: Port;
  clusterAddress: string;
  mtu: number;
  after: ActFilter;
  atLeast: number;
}) {
  const { port, clusterAddress, mtu, after, atLeast } = options;
  return (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const came = packetsOf(during, { ...port, direction: 'received' }).filter(
      ({ packet }) => packet.source === clusterAddress,
    );
    const before = came.filter(({ event, packet }) => event.atNs < act.atNs && packet.totalLength > mtu);
    const later = came.filter(({ event }) => event.atNs > (act.untilNs ?? act.atNs));
    const tooLong = later.find(({ packet }) => packet.totalLength > mtu);
    const full = later.filter(({ packet }) => packet.totalLength >= mtu * FULL);
    const because = `${before.length} longer packets before, and then ${full.length} of up to ${mtu} octets, reached ${portText(port)}`;
    if (before.length < atLeast) return unknown(`${because}: no download to be narrowed`, [act]);
    if (tooLong) return unknown(`${because}, and one longer: the path was not narrowed`, [act, tooLong.event]);
    const sights = [{ what: 'frames' as const, where: [port.lan] }];
    const evidence = [act, ...eventsOf([...before.slice(-1), ...full.slice(0, 1)])];
    const judge = full.length < atLeast ? fail : pass;
    return unlessBlind(during, all, sights, judge(because, evidence));
  };
});
