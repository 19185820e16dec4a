import type { DatapathInterface } from '../attach/interfaces.ts';
import { CONSTANTS, type OutcomeName } from '../program/layout.ts';
import { forward } from '../specification/forward.ts';
import { type Configured, configuredBy, NO_PEER } from '../specification/knowledge.ts';
import { openLedger, record } from '../specification/ledger.ts';
import type { SelectedTables } from '../tables/tables.ts';
import { bytesOf } from './frames.ts';
import { MAC, tables } from './rig.ts';

/** Support for tests: the specification with flow tables and a clock, which gets frames one by one. */

const NS_PER_MS = 1_000_000n;
const PORTS: DatapathInterface[] = [
  { device: 'server', ifindex: 2, mac: MAC.server, mtu: 1500, roles: CONSTANTS.ROLE_SERVER },
  { device: 'access', ifindex: 1, mac: MAC.access, mtu: 1500, roles: CONSTANTS.ROLE_ACCESS },
];
const IFINDEX = { access: 1, server: 2 };
const BEGIN_NS = 10n ** 12n;

export interface Forwarded {
  outcome: OutcomeName;
  /** Last number of the hardware address that the frame leaves for; undefined if it does not leave. */
  to?: number;
  frame: Buffer;
}

/** It begins with the tables of the rig and a lease without end. `more`: of a third interface, for access too. */
export function openSpecification(more?: Pick<DatapathInterface, 'vlan'>) {
  const third = { device: 'third', ifindex: 3, mac: MAC.access, mtu: 1500, roles: CONSTANTS.ROLE_ACCESS, ...more };
  const interfaces: DatapathInterface[] = more ? [...PORTS, third] : PORTS;
  const ledger = openLedger();
  let nowNs = BEGIN_NS;
  let lateNs = 0n;
  let configured = configuredBy(tables(), interfaces);
  let untilNs = 2n ** 63n;
  return {
    ledger,
    configure: (wanted: SelectedTables, exceptions?: Configured['exceptions']): void => {
      configured = configuredBy(wanted, interfaces, exceptions);
    },
    /** From now on there is no lease. */
    endLease: (): void => {
      untilNs = nowNs;
    },
    /** So much remains of the lease, and the clock of the last tick is so late. */
    holdLease: (leftNs: number, tickLateNs: number): void => {
      untilNs = nowNs + BigInt(leftNs);
      lateNs = BigInt(tickLateNs);
    },
    wait: (ms: number): void => {
      nowNs += BigInt(ms) * NS_PER_MS;
    },
    /** `hex`: the frame. */
    receive(hex: string, on: 'access' | 'server' = 'access'): Forwarded {
      const lease = { answerUntilNs: untilNs, forwardUntilNs: untilNs };
      const arrival = { frame: bytesOf(hex), ifindex: IFINDEX[on], nowNs, tickNs: nowNs - lateNs, bootNs: nowNs };
      const decision = forward(arrival, { configured, lease, peer: NO_PEER, flowTables: ledger.flowTables });
      record(ledger, decision, nowNs);
      const { outcome, frame } = decision;
      return { outcome, frame, ...(decision.egress !== undefined && { to: frame.readUInt8(5) }) };
    },
  };
}
