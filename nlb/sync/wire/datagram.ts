import { type Compare, type FlowAt, type FromActive, type Message, MOST_COMPARED, type Session } from '../records.ts';
import { FLOW_BYTES, readFlow, readServer, SERVER_BYTES, writeFlow, writeServer } from './names.ts';
import { type Records, readRecords, roomFor, writeRecord } from './record-codec.ts';

/**
 * What one node says to the other, as octets; what surrounds it is in `channel.ts`.
 *
 *   0      4         5      6          8       16           24
 *   ├──────┼─────────┼──────┼──────────┼───────┼────────────┼─────────┤ 32
 *   │ NLBS │ version │ kind │ reserved │ reign │ attachment │ counter │ body
 *   └──────┴─────────┴──────┴──────────┴───────┴────────────┴─────────┴
 *
 *   kind 1  records          │ number of the first │ snapshot end │ records …        8 octets, 8 octets
 *        2  ended
 *        3  attach
 *        4  acknowledgement  │ applied │ configured │                               8 octets, 8 octets or none
 *        5  compare          │ number │ tip │ flow, server │ flow, server …         8 octets, 8 octets, 14 and 5 octets
 *        6  compared         │ number │ count │ place …                             8 octets, 1 octet, 1 octet each
 *
 * Numbers are in network order, and below 2⁵³. What is reserved is zero, and not looked at; nor is what follows a body of kind 2, 3, 4 or 6.
 * The counter is filled in where the datagram is sealed.
 */
export const MAGIC = Buffer.from('NLBS');
export const VERSION = 1;
export const HEADER_BYTES = 32;
export const MAC_BYTES = 32;
/**
 * No datagram is cut in pieces on its way: a link that carries IPv6 carries 1280 octets (RFC 8200 section 5), of which 40 are for
 * that header, which is the longer one, and 8 for UDP's.
 */
export const MOST_DATAGRAM_BYTES = 1232;
const MOST_MESSAGE_BYTES = MOST_DATAGRAM_BYTES - MAC_BYTES;
const [KIND_AT, REIGN_AT, ATTACHMENT_AT] = [5, 8, 16];
export const COUNTER_AT = 24;
const RECORDS_AT = HEADER_BYTES + 16;
const [RECORDS, ENDED, ATTACH, ACKNOWLEDGEMENT, COMPARE, COMPARED] = [1, 2, 3, 4, 5, 6];
const FLOWS_AT = HEADER_BYTES + 16;
const FLOW_AT_BYTES = FLOW_BYTES + SERVER_BYTES;

/** What is said, in as few messages as it takes. Records are spread over more of them where they need to be. */
export function encode(said: Message): Buffer[] {
  switch (said.type) {
    case 'records':
      return encodeRecords(said);
    case 'ended':
      return [withHeader(Buffer.alloc(HEADER_BYTES), ENDED, said.session)];
    case 'attach':
      return [withHeader(Buffer.alloc(HEADER_BYTES), ATTACH, said.session)];
    case 'acknowledgement': {
      const { session, applied, configured } = said;
      const bytes = HEADER_BYTES + (configured === undefined ? 8 : 16);
      const message = withHeader(Buffer.alloc(bytes), ACKNOWLEDGEMENT, session);
      writeNumber(message, HEADER_BYTES, applied);
      if (configured !== undefined) writeNumber(message, HEADER_BYTES + 8, configured);
      return [message];
    }
    case 'compare':
      return [encodeCompare(said)];
    case 'compared': {
      const { different } = said;
      const message = withHeader(Buffer.alloc(HEADER_BYTES + 9 + different.length), COMPARED, said.session);
      writeNumber(message, HEADER_BYTES, said.number);
      message.set([different.length, ...different], HEADER_BYTES + 8);
      return [message];
    }
  }
}

function encodeCompare({ session, number, tip, flows }: Compare): Buffer {
  if (flows.length > MOST_COMPARED) throw new RangeError(`${flows.length} flows do not fit into a datagram`);
  const message = withHeader(Buffer.alloc(FLOWS_AT + flows.length * FLOW_AT_BYTES), COMPARE, session);
  writeNumber(message, HEADER_BYTES, number);
  writeNumber(message, HEADER_BYTES + 8, tip);
  let end = FLOWS_AT;
  for (const { flow, server } of flows) end = writeServer(message, writeFlow(message, end, flow), server);
  return message;
}

function encodeRecords({ session, first, records, snapshotEnd }: Extract<FromActive, { type: 'records' }>): Buffer[] {
  const messages: Buffer[] = [];
  let message = Buffer.alloc(MOST_MESSAGE_BYTES);
  let end = RECORDS_AT;
  let from = first;
  const finish = (next: number): void => {
    withHeader(message, RECORDS, session);
    writeNumber(message, HEADER_BYTES, from);
    writeNumber(message, HEADER_BYTES + 8, snapshotEnd);
    messages.push(message.subarray(0, end));
    [message, end, from] = [Buffer.alloc(MOST_MESSAGE_BYTES), RECORDS_AT, next];
  };
  for (const [index, record] of records.entries()) {
    if (record.type === 'skipped') throw new RangeError('What was skipped is not sent on');
    if (end + roomFor(record) > MOST_MESSAGE_BYTES && end > RECORDS_AT) finish(first + index);
    end = writeRecord(message, end, record);
  }
  finish(first + records.length);
  return messages;
}

function withHeader(message: Buffer, kind: number, { reign, attachment }: Session): Buffer {
  MAGIC.copy(message);
  message[MAGIC.length] = VERSION;
  message[KIND_AT] = kind;
  writeNumber(message, REIGN_AT, reign);
  writeNumber(message, ATTACHMENT_AT, attachment);
  return message;
}

export type Decoded = { said: Message; unknown?: Records['unknown'] } | { rejected: 'malformed' | 'unknown kind' };

const MALFORMED: Decoded = { rejected: 'malformed' };

/** @param message authentic, and with a header. Never throws. */
export function decode(message: Buffer, perPool: number): Decoded {
  const session = sessionOf(message);
  if (session === undefined) return MALFORMED;
  switch (message[KIND_AT]) {
    case RECORDS:
      return decodeRecords(message, session, perPool);
    case ENDED:
      return { said: { type: 'ended', session } };
    case ATTACH:
      return { said: { type: 'attach', session } };
    case ACKNOWLEDGEMENT: {
      const applied = readNumber(message, HEADER_BYTES);
      const configured = readNumber(message, HEADER_BYTES + 8);
      if (applied === undefined) return MALFORMED;
      return { said: { type: 'acknowledgement', session, applied, ...(configured !== undefined && { configured }) } };
    }
    case COMPARE:
      return decodeCompare(message, session);
    case COMPARED:
      return decodeCompared(message, session);
    default:
      return { rejected: 'unknown kind' };
  }
}

/** A flow or a server that this version does not know makes the whole question one that it cannot answer. */
function decodeCompare(message: Buffer, session: Session): Decoded {
  const [number, tip] = [readNumber(message, HEADER_BYTES), readNumber(message, HEADER_BYTES + 8)];
  if (number === undefined || tip === undefined || (message.length - FLOWS_AT) % FLOW_AT_BYTES !== 0) return MALFORMED;
  const flows: FlowAt[] = [];
  for (let at = FLOWS_AT; at < message.length; at += FLOW_AT_BYTES) {
    const [flow, server] = [readFlow(message, at), readServer(message, at + FLOW_BYTES)?.server];
    if (flow === undefined || server === undefined) return MALFORMED;
    flows.push({ flow, server });
  }
  return { said: { type: 'compare', session, number, tip, flows } };
}

function decodeCompared(message: Buffer, session: Session): Decoded {
  const [number, from] = [readNumber(message, HEADER_BYTES), HEADER_BYTES + 9];
  const count = message[HEADER_BYTES + 8];
  if (number === undefined || count === undefined || from + count > message.length) return MALFORMED;
  return { said: { type: 'compared', session, number, different: [...message.subarray(from, from + count)] } };
}

function decodeRecords(message: Buffer, session: Session, perPool: number): Decoded {
  const [first, snapshotEnd] = [readNumber(message, HEADER_BYTES), readNumber(message, HEADER_BYTES + 8)];
  if (first === undefined || first === 0 || snapshotEnd === undefined) return MALFORMED;
  const read = readRecords(message, RECORDS_AT, perPool);
  if (read === undefined) return MALFORMED;
  const { records, unknown } = read;
  const said: FromActive = { type: 'records', session, first, records, snapshotEnd };
  return unknown === undefined ? { said } : { said, unknown };
}

/** Of a message that has a header; undefined where its numbers are none. */
export function sessionOf(message: Buffer): Session | undefined {
  const [reign, attachment] = [readNumber(message, REIGN_AT), readNumber(message, ATTACHMENT_AT)];
  return reign === undefined || attachment === undefined ? undefined : { reign, attachment };
}

const HIGH = 2 ** 32;

function writeNumber(bytes: Buffer, at: number, number: number): void {
  bytes.writeUInt32BE(Math.floor(number / HIGH), at);
  bytes.writeUInt32BE(number % HIGH, at + 4);
}

function readNumber(bytes: Buffer, at: number): number | undefined {
  if (at + 8 > bytes.length) return undefined;
  const number = bytes.readUInt32BE(at) * HIGH + bytes.readUInt32BE(at + 4);
  return Number.isSafeInteger(number) ? number : undefined;
}
