import type { AddressChanged, CensusTaken, HistoryEvent } from '../history/event.ts';
import { bare } from './networks.ts';
import { NS_PER_MS } from './span.ts';

/** A time in which a device of a node held an address, as far as events and censuses tell. */
export interface Holding {
  node: string;
  device: string;
  label: string;
  /** -Infinity when it was held before anything was seen of it. */
  fromNs: number;
  /** Infinity when nothing tells that it ended. */
  untilNs: number;
  /** What tells of the beginning and the end. */
  evidence: HistoryEvent[];
}

type Key = string;

/**
 * Who held an address, and when. Address events are believed before a census, which takes a moment to make: it counts
 * only for devices of which no event was seen until then.
 */
export function holdingsOf(events: readonly HistoryEvent[], address: string): Holding[] {
  const book = new Book(address);
  for (const event of events) {
    if (event.kind === 'address' && bare(event.address) === address) book.changed(event);
    if (event.kind === 'census') book.counted(event);
  }
  return book.holdings;
}

class Book {
  readonly holdings: Holding[] = [];
  readonly #address: string;
  readonly #open = new Map<Key, Holding>();
  readonly #watched = new Set<Key>();

  constructor(address: string) {
    this.#address = address;
  }

  changed(event: AddressChanged): void {
    const key = keyOf(event);
    if (event.change === 'removed') {
      const beforeAll = this.#watched.has(key) ? event.atNs : Number.NEGATIVE_INFINITY;
      if (!this.#open.has(key)) this.#begin(key, event, beforeAll, event);
      this.#end(key, event.atNs, event);
    } else if (!this.#open.has(key)) this.#begin(key, event, event.atNs, event);
    this.#watched.add(key);
  }

  counted(census: CensusTaken): void {
    const held = census.addresses.filter(({ address }) => bare(address) === this.#address);
    for (const found of held) {
      const key = keyOf(found);
      if (!this.#watched.has(key) && !this.#open.has(key)) this.#begin(key, found, census.atNs, census);
    }
    const keys = new Set(held.map(keyOf));
    for (const key of this.#open.keys()) {
      if (!this.#watched.has(key) && !keys.has(key)) this.#end(key, census.atNs, census);
    }
  }

  #begin(key: Key, found: { node: string; device: string; label?: string }, fromNs: number, event: HistoryEvent): void {
    const { node, device, label = device } = found;
    const holding = { node, device, label, fromNs, untilNs: Number.POSITIVE_INFINITY, evidence: [event] };
    this.#open.set(key, holding);
    this.holdings.push(holding);
  }

  #end(key: Key, untilNs: number, event: HistoryEvent): void {
    const holding = this.#open.get(key);
    if (!holding) return;
    holding.untilNs = untilNs;
    if (!holding.evidence.includes(event)) holding.evidence.push(event);
    this.#open.delete(key);
  }
}

function keyOf({ node, device }: { node: string; device: string }): Key {
  return `${node} ${device}`;
}

/** Whether anything in the history tells if the node held the address when `instantNs` came. */
export function isKnown(events: readonly HistoryEvent[], node: string, address: string, instantNs: number): boolean {
  return events.some((event) => {
    if (event.kind === 'address') return event.node === node && bare(event.address) === address;
    return event.kind === 'census' && event.atNs <= instantNs && event.addresses.some((held) => held.node === node);
  });
}

/** Name of a holding in a sentence. */
export function holdingText({ node, device, fromNs }: Holding): string {
  const since =
    fromNs === Number.NEGATIVE_INFINITY ? 'from before the watch' : `from ${(fromNs / NS_PER_MS).toFixed(3)} ms`;
  return `${node} held it on ${device} ${since}`;
}
