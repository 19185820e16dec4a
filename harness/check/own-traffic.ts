import { checker } from './claim.ts';
import { eventsOf, type PacketSeen, type Port, packetsOf, portText } from './seen.ts';
import { isWithin, Losses } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;

/**
 * FWD-9: what is for the node itself goes through to it untouched: every ICMP echo request to its own address that reached
 * the port was answered from it within the time. At least so many must have come.
 */
export const echoesAnswered = checker(function echoesAnswered(options: {
  port: Port;
  address: string;
  atLeast: number;
  withinMs: number;
}) {
  const { port, address, atLeast, withinMs } = options;
  return (during, all = during) => {
    const losses = new Losses(all);
    const requests = echoes(packetsOf(during, { ...port, direction: 'received' }), ECHO_REQUEST).filter(
      ({ packet }) => packet.destination === address,
    );
    const replies = echoes(packetsOf(during, { ...port, direction: 'sent' }), ECHO_REPLY);
    if (requests.length < atLeast) return unknown(`${requests.length} echo requests reached ${portText(port)}`);
    const without = requests.find((request) => !replies.some((reply) => answers(reply, request, withinMs, losses)));
    if (without) return fail(`${portText(port)} did not answer an echo request within ${withinMs} ms`, [without.event]);
    return pass(`${requests.length} echo requests were answered`, eventsOf(replies.slice(0, 2)));
  };
});

const echoes = (packets: PacketSeen[], type: number): PacketSeen[] =>
  packets.filter(({ packet }) => packet.transport?.kind === 'icmp' && packet.transport.type === type);

function answers(reply: PacketSeen, request: PacketSeen, withinMs: number, losses: Losses): boolean {
  const [one, other] = [reply.packet.transport, request.packet.transport];
  if (one?.kind !== 'icmp' || other?.kind !== 'icmp' || one.rest !== other.rest) return false;
  const [askedNs, answeredNs] = [request.event.atNs, reply.event.atNs];
  const swapped =
    reply.packet.source === request.packet.destination && reply.packet.destination === request.packet.source;
  return swapped && answeredNs >= askedNs && isWithin(losses, askedNs, answeredNs, withinMs);
}
