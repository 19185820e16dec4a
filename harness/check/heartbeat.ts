import { createHmac, timingSafeEqual } from 'node:crypto';
import { checker } from './claim.ts';
import { eventsOf, type Port, packetsOf, portText } from './seen.ts';
import { type Checker, fail, pass, unknown } from './verdict.ts';

/** HMAC-SHA-256, whole, at the end of each heartbeat. */
const MAC_BYTES = 32;

/**
 * HA-12: every heartbeat that the ports sent, at least so many from each, ends in an HMAC-SHA-256 under the secret over all
 * before it.
 * @param options.secret in base64
 */
export const beatsSignedWith = checker(function beatsSignedWith(options: {
  ports: Port[];
  udpPort: number;
  secret: string;
  atLeast: number;
}) {
  const { ports, udpPort, secret, atLeast } = options;
  const key = Buffer.from(secret, 'base64');
  return (during) => {
    const sent = ports.map((port) => beatsFrom(during, port, udpPort));
    const foreign = sent.flat().find(({ payload }) => !isSigned(payload, key));
    if (foreign) return fail(`${portText(foreign.event)} sent a heartbeat signed otherwise`, [foreign.event]);
    const few = sent.findIndex((beats) => beats.length < atLeast);
    const port = ports[few];
    if (port) return unknown(`${portText(port)} sent ${sent[few]?.length} heartbeats; ${atLeast} were wanted`);
    return pass(
      `${sent.flat().length} heartbeats are signed with it`,
      eventsOf(sent.flatMap((beats) => beats.slice(0, 1))),
    );
  };
});

function beatsFrom(events: Parameters<Checker>[0], port: Port, udpPort: number) {
  return packetsOf(events, { ...port, direction: 'sent' }).flatMap(({ event, packet: { transport } }) =>
    transport?.kind === 'udp' && transport.destinationPort === udpPort ? [{ event, payload: transport.payload }] : [],
  );
}

function isSigned(payload: Uint8Array, key: Uint8Array): boolean {
  if (payload.length <= MAC_BYTES) return false;
  const macAt = payload.length - MAC_BYTES;
  const mac = createHmac('sha256', key).update(payload.subarray(0, macAt)).digest();
  return timingSafeEqual(mac, payload.subarray(macAt));
}
