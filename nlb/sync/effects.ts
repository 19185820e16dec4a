import type { PacketKind } from './first-packet.ts';
import type { FlowName, FromActive, ServerName } from './records.ts';
import type { SlotNumber } from './rule.ts';

/** A frame that the data path has handed to user space. */
export interface HeldPacket {
  flow: FlowName;
  slot: SlotNumber;
  kind: PacketKind;
  /** By which the daemon finds the frame again. */
  id: number;
}

/** What the daemon carries out, in this order. */
export type Effect =
  | { type: 'send'; datagram: FromActive }
  /** The slot's value in the data path: server and mark. */
  | { type: 'writeSlot'; slot: SlotNumber; server: ServerName | undefined; isHeld: boolean }
  /** The flow's exception in the data path; one that is not settled holds the flow. */
  | { type: 'writeException'; flow: FlowName; exception: { server: ServerName; isSettled: boolean } | undefined }
  /** Report `barrierPassed` once all programs that run now have ended, and what they left in the ring has been handed over. */
  | { type: 'barrier'; id: number }
  /**
   * Report each entry of these slots as `found`, half-open ones first, then connections, finished and reset ones too; then `walked`.
   * Now and then report `walkedSoFar`, and wait for `walkOn`: first packets wait behind what is found.
   */
  | { type: 'walk'; change: number; slots: ReadonlySet<SlotNumber> }
  | { type: 'walkOn'; change: number }
  /** There is more to do, for which `goOn` is to be called when others have had their turn; twice is once. */
  | { type: 'goOn' }
  /** Report by `lookedAgain`, with the number of this review, which of these flows have no entry in any table. */
  | { type: 'lookAgain'; review: number; flows: readonly FlowName[] }
  /** Write the flow's entry, unless it has one, and send the frame to that server. */
  | { type: 'forward'; packet: HeldPacket; server: ServerName }
  /** It waits for an acknowledgement, and will go to that server. */
  | { type: 'hold'; packet: HeldPacket; server: ServerName }
  | { type: 'drop'; packet: HeldPacket };

/** What the parts of the engine share. */
export interface Core {
  emit(effect: Effect): void;
  isGone(server: ServerName | undefined): boolean;
  /** What follows once no program runs that had begun before. */
  barrier(then: () => void): void;
  isInGrace(): boolean;
  /** Whether it is too soon after a takeover, or too late before a handover, for anything that is not urgent. */
  isAtRest(): boolean;
}
