import type { AccessLeg } from '../../address/nlbs-address.ts';
import { bootNs } from '../../kernel/clock.ts';
import { type AddressEffect, type LeasePage, openExecutor } from './executor.ts';

/** There is no interface of that number: Linux refuses it addresses, and to send by it. */
const NO_INTERFACE = { ifindex: 0, mac: '00:00:00:00:00:00', running: false };
/** Of the node that leads no more, in the order of the role (state.ts). */
const TAKEOVER: AddressEffect[] = ['fence', 'renewLease', 'addAlias', 'announce', 'dropLease', 'removeAlias'];
/** The first compiles what has never run; more than three make the next one no faster. */
const TIMES = 3;
const LEASE_MS = 1000;

/**
 * What a takeover does to the address and the lease, done to an interface and a lease that do not exist. The first time in a process it
 * takes a millisecond longer than later, and in the takeover from a frozen node nobody forwards meanwhile.
 * @param refused gets what the kernel says of it
 */
export function warmUpTakeover(access: AccessLeg, refused: (text: string) => void = () => {}): void {
  const executor = openExecutor(access, 0, { want: () => {} }, refused);
  executor.useLease(leaseInMemory(), 'new');
  executor.legChanged(NO_INTERFACE);
  for (let times = 0; times < TIMES; times++)
    for (const effect of TAKEOVER) executor.run(effect, Number(bootNs()) / 1e6 + LEASE_MS);
  executor.legChanged(undefined);
}

function leaseInMemory(): LeasePage {
  let times = { answerUntilNs: 0n, forwardUntilNs: 0n };
  return {
    get: () => times,
    answerUntil: (answerUntilNs) => {
      times = { ...times, answerUntilNs };
    },
    moveForwarding: (_, forwardUntilNs) => {
      times = { ...times, forwardUntilNs };
      return true;
    },
    peerAskedNs: () => 0n,
    namePeer: () => {},
    expectBoot: () => {},
    liveWithThisThread: () => {},
  };
}
