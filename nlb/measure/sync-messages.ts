/** What sync.ts and its clients say to each other. */
export type ClientCommand =
  /** So many connections, as fast as can be, which live on. */
  | { do: 'fill'; connections: number }
  /** So many a second, each of which lives so long, and then ends by a FIN. */
  | { do: 'churn'; perSecond: number; livesMs: number; seconds: number }
  /** So many packets a second of connections that were opened before. */
  | { do: 'known'; perSecond: number; seconds: number };

export interface Answer {
  /** Connections that were opened, or packets of known ones. */
  opened: number;
  tookMs: number;
  /** How long a turn of packets that were due together took at most. */
  lateMaxMs?: number;
}

export const WEB_PORT = 80;
