import type { Port } from '../attach/ports.ts';
import { CONSTANTS, type OutcomeName } from '../program/layout.ts';
import { forward } from '../specification/forward.ts';
import { NO_PEER, toldBy } from '../specification/knowledge.ts';
import { openLedger, record } from '../specification/ledger.ts';
import type { Tables } from '../tables/tables.ts';
import { bytesOf } from './frames.ts';
import { MAC, tables } from './rig.ts';

/** Support for tests: a specification with a memory and a clock, told a story frame by frame. */

const NS_PER_MS = 1_000_000n;
const PORTS: Port[] = [
  { device: 'server', ifindex: 2, mac: MAC.server, mtu: 1500, roles: CONSTANTS.ROLE_SERVER },
  { device: 'access', ifindex: 1, mac: MAC.access, mtu: 1500, roles: CONSTANTS.ROLE_ACCESS },
];
const IFINDEX = { access: 1, server: 2 };
const BEGIN_NS = 10n ** 12n;

export interface Said {
  outcome: OutcomeName;
  /** Last number of the hardware address that the frame leaves for; undefined where it does not leave. */
  to?: number;
  frame: Buffer;
}

/** It begins with the tables of the rig and a lease without end. `more`: of a third interface, for access too. */
export function openTalk(more?: Pick<Port, 'vlan'>) {
  const third = { device: 'third', ifindex: 3, mac: MAC.access, mtu: 1500, roles: CONSTANTS.ROLE_ACCESS, ...more };
  const ports: Port[] = more ? [...PORTS, third] : PORTS;
  const ledger = openLedger();
  let nowNs = BEGIN_NS;
  let lateNs = 0n;
  let told = toldBy(tables(), ports);
  let untilNs = 2n ** 63n;
  return {
    ledger,
    tell: (wanted: Tables): void => {
      told = toldBy(wanted, ports);
    },
    /** There is no lease any more. */
    endLease: (): void => {
      untilNs = nowNs;
    },
    /** The lease goes on for so long, and the clock of the last tick is so late. */
    holdLease: (leftNs: number, tickLateNs: number): void => {
      untilNs = nowNs + BigInt(leftNs);
      lateNs = BigInt(tickLateNs);
    },
    wait: (ms: number): void => {
      nowNs += BigInt(ms) * NS_PER_MS;
    },
    /** `hex`: the frame. */
    say(hex: string, on: 'access' | 'server' = 'access'): Said {
      const lease = { answerUntilNs: untilNs, forwardUntilNs: untilNs };
      const arrival = { frame: bytesOf(hex), ifindex: IFINDEX[on], nowNs, tickNs: nowNs - lateNs, bootNs: nowNs };
      const decision = forward(arrival, { told, lease, peer: NO_PEER, kept: ledger.kept });
      record(ledger, decision, nowNs);
      const { outcome, frame } = decision;
      return { outcome, frame, ...(decision.egress !== undefined && { to: frame.readUInt8(5) }) };
    },
  };
}
