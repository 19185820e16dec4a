import { decodeAddress, type InterfaceAddress, RTM_DELADDR, RTM_NEWADDR } from './addresses.ts';
import { openRouteEvents, type RouteNews } from './route-events.ts';

/** What the kernel tells of IPv4 addresses that came and went. Listening takes no lock: only asking does. */
export interface AddressEvents {
  /** What happened since the last call, at most some hundred events; never waits. Throws SyscallError. */
  take(): AddressesSeen;
  close(): void;
}

export interface AddressesSeen {
  events: { change: 'added' | 'removed'; address: InterfaceAddress }[];
  /** More happened than the kernel keeps for a reader: whoever must know looks at everything again. */
  overrun: boolean;
}

/** From now on. Throws SyscallError. */
export function openAddressEvents(): AddressEvents {
  const events = openRouteEvents('addresses');
  return { take: () => seenIn(events.take()), close: events.close };
}

function seenIn({ messages, overrun }: RouteNews): AddressesSeen {
  const events = messages.flatMap(({ type, payload }) => {
    if (type !== RTM_NEWADDR && type !== RTM_DELADDR) return [];
    const change = type === RTM_NEWADDR ? 'added' : 'removed';
    return decodeAddress(payload).map((address) => ({ change, address }) as const);
  });
  return { events, overrun };
}
