/** What the role of a node depends on besides what happens. All times in milliseconds. */
export interface Settings {
  node: string;
  peer: string;
  primary: boolean;
  /** Whether this node's access address is lower than its peer's. */
  lowerAddress: boolean;
  /** Between two beats. */
  intervalMs: number;
  /** Silence after which the peer may be replaced. Longer where the peer's beats name a longer lease. */
  deadAfterMs: number;
  /** For how long a beat lets the data path answer. Always less than `deadAfterMs`. */
  leaseMs: number;
  /** How much longer a node that is not primary listens at its start, so that of two that start together the primary leads. */
  headStartMs: number;
  /** How long a node without a healthy server waits before it makes way for a peer that has one: the peer may be about to lose its own. */
  poorHoldMs: number;
  /** How long the peer must have met more reach targets before this node makes way for it: it may be about to lose them too. */
  reachHoldMs: number;
  /** Whether the primary has the lead back by itself. */
  recovery: 'automatic' | 'manual';
  /** For how long after it took the lead a node lets nobody have it without need; see `hold-down.ts`. */
  holdDownMs: number;
  holdDownMaxMs: number;
  /** How old the main thread's last report of facts may be before they are worth nothing. */
  staleAfterMs: number;
  /** How long a node that let go of the lead does not want it back, and how long a request for it stands. */
  letGoMs: number;
  /** How long a leader that is to let go completes its log; shorter than `letGoMs`, or a request is over before it is granted. */
  completeMs: number;
}
