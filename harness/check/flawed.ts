import type { FrameSeen } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import type { Path } from './forwarding.ts';
import { decoded, framesOf, packetsOf, portText } from './seen.ts';
import { fail, pass, unknown } from './verdict.ts';

/** Why a frame is none that a load balancer may hand to a server. What a server can judge as well (checksums) is left to it. */
const FLAWS = [
  'tagged',
  'without an IPv4 header',
  'of a wrong length',
  'without a whole header of TCP or UDP',
] as const;
type Flaw = (typeof FLAWS)[number];

const IPV4_BYTES = 20;
const ETHER_TYPE_IPV4 = 0x0800;
const [TCP, UDP] = [6, 17];

/** What is wrong with a frame, by RFC 791 and RFC 1122 section 3.2.1; undefined for a sound one, and for what is not IPv4. */
export function flawOf(event: FrameSeen): Flaw | undefined {
  const { ethernet, network } = decoded(event);
  if (ethernet && ethernet.vlans.length > 0) return 'tagged';
  if (ethernet?.etherType !== ETHER_TYPE_IPV4) return undefined;
  if (network?.kind !== 'ipv4') return 'without an IPv4 header';
  const { totalLength, options, bytes, protocol, fragmentOffset, transport } = network;
  if (totalLength < IPV4_BYTES + options.length || bytes.length < totalLength) return 'of a wrong length';
  const headed = (protocol === TCP || protocol === UDP) && fragmentOffset === 0;
  return headed && !transport ? 'without a whole header of TCP or UDP' : undefined;
}

/**
 * FWD-11: of the flawed frames that the access leg was handed, at least so many of each flaw, none left by the server leg, and
 * the node itself answered none in the cluster's name.
 */
export const flawedGoNoFurther = checker(function flawedGoNoFurther(options: {
  path: Path;
  clusterAddress: string;
  atLeast: number;
}) {
  const { path, clusterAddress, atLeast } = options;
  return (during, all = during) => {
    const { node } = path.access;
    const passed = framesOf(during, { ...path.server, direction: 'sent' }).find((event) => flawOf(event));
    if (passed) return fail(`${portText(path.server)} sent a frame ${flawOf(passed)}`, [passed]);
    const answer = packetsOf(during, { node, direction: 'sent' }).find(
      ({ packet: { source, transport } }) =>
        source === clusterAddress || (transport?.kind === 'icmp' && transport.quoted?.destination === clusterAddress),
    );
    if (answer) return fail(`${portText(answer.event)} spoke for ${clusterAddress} itself`, [answer.event]);
    const came = framesOf(during, { ...path.access, direction: 'received' }).filter(
      (event) => decoded(event).ethernet?.destination === path.mac,
    );
    const byFlaw = Map.groupBy(came, flawOf);
    const counts = FLAWS.map((flaw) => ({ flaw, count: byFlaw.get(flaw)?.length ?? 0 }));
    const because = `frames came ${counts.map(({ flaw, count }) => `${flaw} (${count})`).join(', ')}`;
    if (counts.some(({ count }) => count < atLeast)) return unknown(`${because}; ${atLeast} of each were wanted`);
    const sights = [{ what: 'frames' as const, where: [path.access.lan, path.server.lan] }];
    const evidence = FLAWS.flatMap((flaw) => byFlaw.get(flaw)?.slice(0, 1) ?? []);
    return unlessBlind(during, all, sights, pass(`${because}, and went no further`, evidence));
  };
});
