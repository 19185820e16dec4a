import type { FlowName, ServerName } from '../records.ts';

/**
 * Names that both nodes know, as text and as octets. Ids of servers and services are a node's own.
 *
 *   server   10.77.2.21                                       │family│address│
 *   pool     tcp 203.0.113.1:80, or :any                      │family│protocol│address│port│
 *   flow     tcp 198.51.100.7:40000 > 203.0.113.1:80          │family│protocol│client│port│address│port│
 *
 * Family: one octet; 4 is IPv4, with four octets an address. 6 will be IPv6, with sixteen. 0 in the place of a server is nobody.
 * Protocol: one octet, as in an IPv4 header. Ports: two octets, in network order; 0 in a pool is any.
 */
export const SERVER_BYTES = 5;
export const POOL_BYTES = 8;
export const FLOW_BYTES = 14;

const [NOBODY, IPV4] = [0, 4];
const PROTOCOLS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' };
const NUMBERS: Readonly<Record<string, number>> = { tcp: 6, udp: 17 };

/** What the octets at that place say; nothing that this version knows where it is undefined, in families above all. */
export function readServer(bytes: Buffer, at: number): { server: ServerName | undefined } | undefined {
  if (bytes[at] === NOBODY) return { server: undefined };
  return bytes[at] === IPV4 && at + SERVER_BYTES <= bytes.length ? { server: quadAt(bytes, at + 1) } : undefined;
}

/** How long the server is there. */
export const serverBytes = (server: ServerName | undefined): number => (server === undefined ? 1 : SERVER_BYTES);

export function readPool(bytes: Buffer, at: number): string | undefined {
  const protocol = protocolAt(bytes, at, POOL_BYTES);
  if (protocol === undefined) return undefined;
  const port = bytes.readUInt16BE(at + 6);
  return `${protocol} ${quadAt(bytes, at + 2)}:${port === 0 ? 'any' : port}`;
}

export function readFlow(bytes: Buffer, at: number): FlowName | undefined {
  const protocol = protocolAt(bytes, at, FLOW_BYTES);
  if (protocol === undefined) return undefined;
  const [client, clientPort] = [quadAt(bytes, at + 2), bytes.readUInt16BE(at + 6)];
  return `${protocol} ${client}:${clientPort} > ${quadAt(bytes, at + 8)}:${bytes.readUInt16BE(at + 12)}`;
}

function protocolAt(bytes: Buffer, at: number, length: number): string | undefined {
  return bytes[at] === IPV4 && at + length <= bytes.length ? PROTOCOLS[bytes[at + 1] ?? 0] : undefined;
}

const quadAt = (bytes: Buffer, at: number): string => `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;

/** Throws a RangeError on what is no such name: a caller's broken promise, as below. @returns where it ends */
export function writeServer(bytes: Buffer, at: number, server: ServerName | undefined): number {
  if (server === undefined) return bytes.writeUInt8(NOBODY, at);
  bytes[at] = IPV4;
  if (putQuad(bytes, at + 1, server, 0) !== server.length) throw unnamed(server);
  return at + SERVER_BYTES;
}

export function writePool(bytes: Buffer, at: number, pool: string): number {
  const colon = putProtocolAndQuad(bytes, at, pool);
  const port = pool.slice(colon + 1);
  return bytes.writeUInt16BE(port === 'any' ? 0 : portIn(port, pool), at + 6);
}

export function writeFlow(bytes: Buffer, at: number, flow: FlowName): number {
  const colon = putProtocolAndQuad(bytes, at, flow);
  const arrow = flow.indexOf(ARROW, colon);
  bytes.writeUInt16BE(portIn(flow.slice(colon + 1, arrow), flow), at + 6);
  const end = putQuad(bytes, at + 8, flow, arrow + ARROW.length);
  if (arrow < 0 || flow[end] !== ':') throw unnamed(flow);
  return bytes.writeUInt16BE(portIn(flow.slice(end + 1), flow), at + 12);
}

const ARROW = ' > ';

/** @returns where the colon behind the address stands */
function putProtocolAndQuad(bytes: Buffer, at: number, name: string): number {
  const protocol = NUMBERS[name.slice(0, 3)];
  const colon = putQuad(bytes, at + 2, name, 4);
  if (protocol === undefined || name[3] !== ' ' || name[colon] !== ':') throw unnamed(name);
  bytes[at] = IPV4;
  bytes[at + 1] = protocol;
  return colon;
}

const [ZERO, NINE, DOT] = [0x30, 0x39, 0x2e];

/** @returns where the dotted quad ends that begins there; -1 where none does */
function putQuad(bytes: Buffer, at: number, text: string, from: number): number {
  let next = from;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(next++) !== DOT) return -1;
    const begins = next;
    let value = 0;
    for (let code = text.charCodeAt(next); code >= ZERO && code <= NINE; code = text.charCodeAt(++next))
      value = value * 10 + code - ZERO;
    if (next === begins || next > begins + 3 || value > 255) return -1;
    bytes[at + part] = value;
  }
  return next;
}

function portIn(text: string, name: string): number {
  const port = Number(text);
  if (text === '' || !(port >= 0 && port <= 65_535) || String(port) !== text) throw unnamed(name);
  return port;
}

const unnamed = (name: string): RangeError =>
  new RangeError(`Not a name that both nodes know: ${JSON.stringify(name)}`);
