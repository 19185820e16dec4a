import type { HeldFlows } from '../datapath/held-flows.ts';
import { connectionOf } from '../datapath/tables/connection-numbers.ts';
import type { Active } from '../sync/active.ts';
import type { Compared, FlowAt, ServerName } from '../sync/records.ts';
import { openComparison } from './comparison.ts';
import type { Configured } from './configured.ts';
import { openKnownServers } from './known-servers.ts';
import { flowName, flowNamed } from './names.ts';
import type { Numbers } from './numbers.ts';
import { comparedShown, type InStepStatus, SHOWN } from './status.ts';

/**
 * What the node that leads knows of its standby besides what that has acknowledged: which servers it has in its configuration, and
 * where it would send connections.
 */
export interface StandbyView {
  /** This node's own configuration. */
  use(configured: Configured): void;
  /** As a number, which the standby says with each acknowledgement. */
  own(): number;
  heardConfigured(number: number): void;
  heardCompared(said: Compared): void;
  /** This node leads, with this engine. @param before the servers of what is committed */
  lead(engine: Active, before: Iterable<ServerName>): void;
  /** What is committed is another rule, or of another node. */
  forget(): void;
  leadNoMore(): void;
  /** Compare where connections go on both nodes. @returns whether there is a peer that is in step, by its own word */
  compare(): boolean;
  isComparing(): boolean;
  /** Some of what there is to do; a comparison begins by itself now and then. */
  tick(): void;
  shown(): Pick<InStepStatus, 'peerLacksServers' | 'compared'>;
}

export interface ViewParts {
  heldFlows: HeldFlows;
  numbers: Pick<Numbers, 'serverOf' | 'idOf' | 'slotOf'>;
  isGone(server: ServerName): boolean;
  send(number: number, flows: readonly FlowAt[]): void;
  nowMs(): number;
  event(name: string, detail: Record<string, unknown>): void;
}

const COMPARE_EVERY_MS = 60_000;

export function openStandbyView({ heldFlows, numbers, isGone, send, nowMs, event }: ViewParts): StandbyView {
  const known = openKnownServers();
  let engine: Active | undefined;
  /** What the engine was told of the servers that the standby has. */
  let told: ReadonlySet<ServerName> | undefined;
  let compareAtMs = 0;
  const comparison = openComparison({
    ...heldFlows,
    nowMs,
    named: (connection) => {
      const server = numbers.serverOf(connection.server);
      const counts = server !== undefined && numbers.idOf(server) === connection.server && !isGone(server);
      if (!counts || numbers.slotOf(connection) === undefined) return undefined;
      return { flow: flowName(connectionOf(connection).flow), server };
    },
    isLive: (flow) => heldFlows.hasEntry(flowNamed(flow)),
    send,
  });

  /** Told again only where it is another, for the engine looks at all its wishes then. */
  function tellKnown(): void {
    const now = known.known();
    if (!engine || now === told) return;
    told = now;
    engine.peerKnows(now, nowMs());
  }

  function begin(): boolean {
    if (!engine?.status().isInStep) return false;
    comparison.begin();
    return true;
  }

  return {
    use: (configured) => {
      known.use(configured);
      tellKnown();
    },
    own: known.own,
    heardConfigured: (number) => {
      known.heard(number);
      tellKnown();
    },
    heardCompared: comparison.heard,
    lead: (leading, before) => {
      engine = leading;
      known.forget(before);
      told = undefined;
    },
    forget: comparison.forget,
    leadNoMore: () => {
      engine = undefined;
    },
    compare: begin,
    isComparing: comparison.isUnderWay,
    tick: () => {
      if (nowMs() >= compareAtMs && !comparison.isUnderWay() && begin()) compareAtMs = nowMs() + COMPARE_EVERY_MS;
      const before = comparison.last();
      comparison.tick();
      const after = comparison.last();
      if (after && after !== before && after.different.length > 0)
        event('sync', { different: after.different.length, flows: after.different.slice(0, SHOWN) });
    },
    shown: () => ({
      peerLacksServers: known.known() !== undefined,
      compared: comparedShown(comparison.last(), nowMs()),
    }),
  };
}
