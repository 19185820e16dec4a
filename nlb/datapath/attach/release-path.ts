import { openRuns } from '../../kernel/bpf-test-run.ts';
import { monotonicNs } from '../../kernel/clock.ts';
import { openPacketSender } from '../../kernel/packet-sender.ts';
import type { Counters } from '../tables/counters.ts';
import type { HeldFrame } from '../tables/held-ring.ts';
import { openLease } from '../tables/lease.ts';
import type { ServerTable } from '../tables/server-table.ts';
import type { BpfMode } from './attach.ts';
import { fillInChecksum } from './checksum.ts';
import { hookOf } from './program.ts';

/**
 * How a held frame goes on: the program itself decides about it again (BPF_PROG_TEST_RUN), by what the tables say now. So it is entered,
 * counted, measured against the MTU and readdressed as every other frame. What the program forwards, a packet socket sends.
 */
export interface ReleasePath {
  /** False if it did not leave: the program has held it again or dropped it, and counted that; or the kernel refused to send it. */
  release(held: HeldFrame): boolean;
  close(): void;
}

/** What is attached now. */
export interface ProgramInUse {
  mode: BpfMode;
  /** Descriptor of the program for that mode's hook. */
  program: number;
}

interface ReleasePathOptions {
  inUse(): ProgramInUse;
  leaseFd: number;
  servers: Pick<ServerTable, 'interfaceFor'>;
  counters: Pick<Counters, 'countReleased'>;
}

/** By which each kind of program says that a frame is to be sent elsewhere. */
const REDIRECT = { xdp: 4, tc: 7 } as const;
const MACS_BYTES = 12;

/** Throws SyscallError. */
export function openReleasePath({ inUse, leaseFd, servers, counters }: ReleasePathOptions): ReleasePath {
  const [sender, lease] = [openPacketSender(), openLease(leaseFd)];
  const runs = { xdp: openRuns('xdp'), tc: openRuns('tc') };
  return {
    release: ({ frame, ifindex }) => {
      const { mode, program } = inUse();
      const hook = hookOf(mode);
      const { verdict, frame: leaving } = runs[hook].run(program, frame, ifindex);
      if (verdict !== REDIRECT[hook]) return false;
      fillInChecksum(leaving);
      const egress = servers.interfaceFor(leaving.subarray(0, MACS_BYTES));
      // The lease is read again: a process may be held up anywhere, and must not forward after the lease.
      if (egress === undefined || monotonicNs() >= lease.get().forwardUntilNs) return false;
      if (!sender.send(egress, leaving)) return false;
      counters.countReleased(leaving.length);
      return true;
    },
    close: () => {
      sender.close();
      lease.close();
    },
  };
}
