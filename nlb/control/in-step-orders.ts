import type { Config } from '../config/schema.ts';
import { CONSTANTS } from '../datapath/program/layout.ts';
import type { NodeOrders } from '../sync/link/node.ts';
import type { SyncSettings } from '../sync/settings.ts';

/** Of SYNs that a client sends again and again, so many seconds (RFC 6298 section 2: 1 s, then twice as long each time). */
const SYN_RETRIES_MS = 3000;
/** Retransmission is for what was lost or waits behind a standstill: a round trip takes less than one millisecond. */
const RETRANSMIT_MS = 5;
const TICK_MS = 2;
const SAY_MS = 100;
/** What was heard of the peer by a path is at most so old. */
const SILENT_AFTER_MS = 500;
const [STUCK_AFTER_MS, REST_MS] = [15, 1000];
/** As many records as are ever on their way, and as many as wait for a standby that does not acknowledge. */
const [WINDOW, MOST_RETAINED] = [2000, 200_000];
const RECORDS_PER_DATAGRAM = 40;
/** Some tenths of a millisecond. */
const MOST_BEFORE_WALK = 40;
/** As many as the ring between data path and daemon has room for. */
const MOST_HELD_FRAMES = 1000;
/** In grace, of all slots. */
const DRIFT = 0.1;

type Sync = Exclude<Config['sync'], 'off'>;

/** How long after a takeover a server that this node took for gone counts as there: a look at it takes less. */
export const GONE_AFTER_MS = 1000;

/** Configuration → what the thread that keeps the pair in step is to do. */
export function inStepOrders(config: Config, sync: Sync, secrets: readonly Uint8Array[]): NodeOrders {
  const { access, server, peer } = config;
  const ends = (own: string, of: string) => ({
    own: { address: own, port: sync.port },
    peer: { address: of, port: sync.port },
  });
  return {
    paths: [
      { name: 'server', ...ends(server.address, peer.server) },
      { name: 'access', ...ends(access.address, peer.access) },
    ],
    secrets,
    perPool: CONSTANTS.SELECTION_SLOTS,
    times: { silentAfterMs: SILENT_AFTER_MS, stuckAfterMs: STUCK_AFTER_MS, restMs: REST_MS },
    settings: settingsOf(config, sync),
    tickMs: TICK_MS,
    sayMs: SAY_MS,
  };
}

function settingsOf({ heartbeat, timeouts, services }: Config, sync: Sync): SyncSettings {
  const { establishedMs, datagramsMs, unprovenMs, finishedMs, resetMs } = timeouts;
  return {
    holdMs: sync.holdMs ?? heartbeat.deadAfterMs,
    retransmitMs: RETRANSMIT_MS,
    // Every connection that lives has been seen by then, also one that the old active forwarded on.
    graceMs: Math.max(establishedMs, datagramsMs, unprovenMs, finishedMs, resetMs) + heartbeat.forwardGraceMs,
    settleMs: heartbeat.forwardGraceMs + SYN_RETRIES_MS,
    mostDrifting: Math.ceil(DRIFT * services.length * CONSTANTS.SELECTION_SLOTS),
    mostExceptions: sync.maxExceptions,
    mostHeldFrames: MOST_HELD_FRAMES,
    mostRetained: MOST_RETAINED,
    recordsPerDatagram: RECORDS_PER_DATAGRAM,
    window: WINDOW,
    mostBeforeWalk: MOST_BEFORE_WALK,
  };
}
