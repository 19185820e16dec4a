import { STRUCTS } from '../program/layout.ts';
import { type Address, addressOf } from '../specification/address.ts';
import { type Flow, type FlowNumbers, hasPorts } from '../specification/flow.ts';

/**
 * A connection in the kernel's table as numbers. A walk over a million of them looks at each, and makes objects and text of the few
 * that are wanted: of all, that took twenty times as long.
 */
export interface ConnectionNumbers extends FlowNumbers {
  /** Id. */
  server: number;
  /** As one number (`wordOf`). */
  serverAddress: number;
  /** The data path's number of the service that it began with. */
  service: number;
}

/** A connection, and where it goes. */
export interface WalkedConnection {
  flow: Flow;
  /** Id. */
  server: number;
  serverAddress: Address;
}

const { flowRow: ROW } = STRUCTS;
/** In words of 32 bits, two of each. */
const AT = { binding: ROW.binding / 4, addresses: ROW.addresses / 4, identity: ROW.identity / 4 };
const ROW_WORDS = ROW.size / 4;
/** SPREAD (flow-table.ts), by halves. */
const SPREAD = { low: 0x7f4a7c15, high: 0x9e3779b9 };

/** For readNumbers(). */
export const noNumbers = (): ConnectionNumbers => ({
  ...{ protocol: 0, source: 0, destination: 0, sourcePort: 0, destinationPort: 0 },
  ...{ server: 0, serverAddress: 0, service: 0 },
});

/**
 * Read a row into numbers, which are overwritten. False if there is no connection: the row is free, or locked.
 * @param words of a table's rows
 */
export function readNumbers(words: Uint32Array, row: number, into: ConnectionNumbers): boolean {
  const at = row * ROW_WORDS;
  const high = words[at + AT.identity + 1] ?? 0;
  const protocol = high & 0xff;
  if (!hasPorts(protocol)) return false;
  const ports = words[at + AT.identity] ?? 0;
  const [binding, serverAddress] = [words[at + AT.binding] ?? 0, words[at + AT.binding + 1] ?? 0];
  const mixedLow = (words[at + AT.addresses] ?? 0) ^ binding;
  const mixedHigh = (words[at + AT.addresses + 1] ?? 0) ^ serverAddress;
  into.protocol = protocol;
  into.source = swapped(mixedLow ^ Math.imul(ports, SPREAD.low));
  into.destination = swapped(mixedHigh ^ spreadHigh(ports, protocol));
  into.sourcePort = ((ports & 0xff) << 8) | ((ports >>> 8) & 0xff);
  into.destinationPort = (((ports >>> 16) & 0xff) << 8) | (ports >>> 24);
  into.server = binding & 0xffff;
  into.service = binding >>> 16;
  into.serverAddress = swapped(serverAddress);
  return true;
}

/** The upper half of (ports, protocol) × SPREAD, modulo 2⁶⁴. */
function spreadHigh(low: number, high: number): number {
  return (upperHalf(low, SPREAD.low) + Math.imul(low, SPREAD.high) + Math.imul(high, SPREAD.low)) | 0;
}

/** Of the product of two numbers of 32 bits, by products that a double holds exactly. */
function upperHalf(one: number, other: number): number {
  const [oneHigh, oneLow, otherHigh, otherLow] = [one >>> 16, one & 0xffff, other >>> 16, other & 0xffff];
  const middle = oneHigh * otherLow + Math.floor((oneLow * otherLow) / 0x10000);
  const carried = (middle % 0x10000) + oneLow * otherHigh;
  return oneHigh * otherHigh + Math.floor(middle / 0x10000) + Math.floor(carried / 0x10000);
}

/** Network order, read as if it were the machine's. */
const swapped = (word: number): number =>
  ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;

export const connectionOf = (numbers: ConnectionNumbers): WalkedConnection => ({
  flow: {
    protocol: numbers.protocol,
    source: addressOf(numbers.source),
    destination: addressOf(numbers.destination),
    sourcePort: numbers.sourcePort,
    destinationPort: numbers.destinationPort,
  },
  server: numbers.server,
  serverAddress: addressOf(numbers.serverAddress),
});
