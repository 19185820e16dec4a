import type { AliasKeeper } from '../../address/alias-keeper.ts';
import type { LinkLook } from '../../kernel/link-flags.ts';
import type { Event, Facts } from '../../pair/state.ts';
import type { Executor } from './executor.ts';
import { linkFacts } from './link-facts.ts';
import type { BeatOrders, SlowFacts, ToBeat } from './messages.ts';

/** What is known of this node: its links and its alias, at which this thread looks itself, and what the main thread reports. */
export interface NodeFacts {
  /** To be done with each tick: the links, now and then, and the alias. */
  look(): void;
  lookAtLinks(): void;
  reported(report: Extract<ToBeat, { type: 'facts' }>): void;
  /** The stations of the orders are others. */
  countStations(): void;
  /** Hardware address of the access interface; undefined where there is none. */
  accessMac(): string | undefined;
  /** Servers of which the kernel does not know where they are. */
  unresolved(): SlowFacts['unresolved'];
}

export interface NodeFactsParts {
  orders: BeatOrders;
  links: LinkLook;
  keeper: Pick<AliasKeeper, 'look' | 'isRefused'>;
  executor: Pick<Executor, 'legChanged'>;
  nowMs(): number;
  /** As the role has them. */
  facts(): Facts;
  happened(event: Extract<Event, { type: 'FactsChanged' }>): void;
}

const LINK_LOOK_MS = 20;

export function openNodeFacts({ orders, links, keeper, executor, nowMs, ...role }: NodeFactsParts): NodeFacts {
  let lookAtLinksAtMs = 0;
  let accessMac: string | undefined;
  /** Numbers of the interfaces that the data path is attached to; absent until the main thread has said so. */
  let attached: SlowFacts['attached'] | undefined;
  let unresolved: SlowFacts['unresolved'] = [];

  const changed = (facts: Partial<Facts>): void =>
    role.happened({ type: 'FactsChanged', atMs: nowMs(), facts: { ...role.facts(), ...facts } });

  /** The alias and the lease are given up before anything is done on an interface that has no data path. */
  function lookAtLinks(reported?: { facts: Facts; atMs: number }): void {
    lookAtLinksAtMs = nowMs() + LINK_LOOK_MS;
    const first = [orders.access.device, orders.serverDevice];
    const seen = new Map([...first, ...orders.furtherDevices].map((device) => [device, links.look(device)]));
    const facts = { ...(reported?.facts ?? role.facts()), ...linkFacts(seen, first, attached) };
    if (reported) role.happened({ type: 'FactsChanged', atMs: nowMs(), facts, reportedAtMs: reported.atMs });
    else if (JSON.stringify(facts) !== JSON.stringify(role.facts())) changed(facts);
    const access = seen.get(orders.access.device);
    accessMac = access?.mac;
    executor.legChanged(access);
  }

  function lookAtAlias(): void {
    keeper.look(nowMs());
    const refusedAlias = keeper.isRefused(nowMs()) ? [orders.access.nlbs] : [];
    if (refusedAlias.join() !== (role.facts().refusedAlias ?? []).join()) changed({ refusedAlias });
  }

  return {
    look: () => {
      if (nowMs() >= lookAtLinksAtMs) lookAtLinks();
      lookAtAlias();
    },
    lookAtLinks,
    // It comes with what the data path is attached to, and so with a look at what is there now.
    reported: ({ facts: report, atMs }) => {
      const { attached: now, unresolved: nowhere, ...facts } = report;
      [attached, unresolved] = [now, nowhere];
      const { passFailure: _, ...before } = role.facts();
      lookAtLinks({ facts: { ...before, ...facts }, atMs });
    },
    countStations: () =>
      changed({ stations: orders.stations.reduce((sum, { addresses }) => sum + addresses.length, 0) }),
    accessMac: () => accessMac,
    unresolved: () => unresolved,
  };
}
