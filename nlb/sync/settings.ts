/** What the engine is configured with. */
export interface SyncSettings {
  /** A standby that has not acknowledged for so long is out of step, and nobody waits for it. */
  holdMs: number;
  /** What is not acknowledged is sent again so much later. */
  retransmitMs: number;
  /** The longest idle time-out: after a takeover every live connection has been seen, or is over. */
  graceMs: number;
  /** Nothing planned is done for so long after a takeover: SYNs are retransmitted, and the old active may forward still. */
  settleMs: number;
  /** In grace so many slots may be wished elsewhere than they are committed; failures do not count. */
  mostDrifting: number;
  mostExceptions: number;
  /** Frames that wait in user space. */
  mostHeldFrames: number;
  /** Records that are kept for a standby that does not acknowledge; beyond them it has to join anew. */
  mostRetained: number;
  /** Records in a datagram, and those that are under way at once. */
  recordsPerDatagram: number;
  window: number;
  /** A walk goes on when no more records than these are not acknowledged: those of first packets come behind them. */
  mostBeforeWalk: number;
}
