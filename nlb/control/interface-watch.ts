import type { InterfaceState } from '../datapath/datapath.ts';

/** An interface has the data path, or has not; for the event log. */
export interface InterfaceChange {
  interface: string;
  attached: boolean;
  ifindex?: number;
  mac?: string;
  /** Why it has not. */
  why?: string;
}

/** Reports of each interface what has changed since the last report; at first only of those without the data path. */
export function watchInterfaces(): (states: readonly InterfaceState[]) => InterfaceChange[] {
  let notified: Map<string, string> | undefined;
  return (states) => {
    const before = notified;
    notified = new Map(states.map((state) => [state.device, JSON.stringify(state)]));
    const isNews = (state: InterfaceState): boolean =>
      before ? before.get(state.device) !== JSON.stringify(state) : state.why !== undefined;
    return states.filter(isNews).map(({ device, ...state }) => ({
      interface: device,
      attached: state.why === undefined,
      ...state,
    }));
  };
}

/** Numbers of the interfaces that have the data path, by device. */
export function attachedOf(states: readonly InterfaceState[]): Record<string, number> {
  const attached = states.flatMap(({ device, ifindex, why }) =>
    ifindex === undefined || why !== undefined ? [] : [[device, ifindex] as const],
  );
  return Object.fromEntries(attached);
}
