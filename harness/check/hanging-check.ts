import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { eventsOf, type PacketSeen, type Port, packetsOf } from './seen.ts';
import { pass, unknown } from './verdict.ts';

/**
 * A fault of the checks bit: at least so many connections that were begun to the server from that address were not answered,
 * and none was. Otherwise nothing is proved, and nothing is wrong with who checks.
 * @premise
 */
export const checksHung = checker(function checksHung(options: { server: Port; from: string; atLeast: number }) {
  const { server, from, atLeast } = options;
  return (during, all = during) => {
    const begun = packetsOf(during, { ...server, direction: 'received' }).filter(
      ({ packet }) => packet.source === from && handshakeOf(packet) === 'syn',
    );
    const answered = packetsOf(during, { ...server, direction: 'sent' }).filter(
      ({ packet }) => packet.destination === from && handshakeOf(packet) === 'syn ack',
    );
    const because = `${from} began ${begun.length} connections to ${server.node}, of which ${answered.length} were answered`;
    if (answered.length > 0 || begun.length < atLeast) return unknown(because, eventsOf([...begun, ...answered]));
    return unlessBlind(during, all, [{ what: 'frames', where: [server.lan] }], pass(because, eventsOf(begun)));
  };
});

/** `syn`, `syn ack`, or empty. */
function handshakeOf({ transport }: PacketSeen['packet']): string {
  return transport?.kind === 'tcp' ? transport.flags.filter((flag) => flag === 'syn' || flag === 'ack').join(' ') : '';
}
