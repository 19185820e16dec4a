import type { Neighbour } from '../kernel/neighbours.ts';

/** The servers' hardware addresses as last seen, by IPv4 address. */
export type HardwareAddresses = ReadonlyMap<string, { mac: string; seenMs: number }>;

/** An entry that the kernel has dropped or is asking for anew is believed this much longer; a failed one is not. */
const BELIEVED_MS = 3000;

/** What is known after a look at the kernel's table. */
export function remember(known: HardwareAddresses, seen: readonly Neighbour[], nowMs: number): HardwareAddresses {
  const next = new Map(known);
  for (const [address, { seenMs }] of known) if (nowMs - seenMs > BELIEVED_MS) next.delete(address);
  for (const { address, mac, state } of seen) {
    if (state === 'FAILED') next.delete(address);
    else if (mac !== undefined && state !== 'INCOMPLETE') next.set(address, { mac, seenMs: nowMs });
  }
  return next;
}

/** States in which the kernel is sure, or is finding out by itself. */
const SETTLED = new Set(['REACHABLE', 'DELAY', 'PROBE', 'INCOMPLETE', 'PERMANENT', 'NOARP']);

/** RFC 1122 section 2.3.2.1: no more than one ARP request a second for one address. */
export const ASK_EVERY_MS = 1000;

/**
 * Which of the addresses the kernel should be made to ask for. What it learned half a minute ago still counts as reachable
 * for it; where a server's check fails, it may be that the server has got another hardware address, and has announced it to nobody.
 */
export function doubtful(
  addresses: readonly string[],
  seen: readonly Neighbour[],
  failing: ReadonlySet<string>,
): string[] {
  const isInDoubt = ({ address, state, confirmedMs = 0 }: Neighbour) =>
    state === 'REACHABLE' && failing.has(address) && confirmedMs >= ASK_EVERY_MS;
  const isSettled = (neighbour: Neighbour) => SETTLED.has(neighbour.state) && !isInDoubt(neighbour);
  const settled = new Set(seen.filter(isSettled).map(({ address }) => address));
  return addresses.filter((address) => !settled.has(address));
}
