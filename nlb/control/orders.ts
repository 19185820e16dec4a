import type { StationLeg } from '../address/stations.ts';
import { ipv4ToBytes } from '../config/address.ts';
import { digestOf } from '../config/agreement.ts';
import { readKeyFile } from '../config/key-file.ts';
import type { Config, ReachConfig } from '../config/schema.ts';
import type { BeatOrders } from './beat/messages.ts';
import { checkOf } from './health.ts';

/** Of two nodes that are started together the primary shall lead; start-up times differ by less than this. */
const HEAD_START_MS = 250;
/** A handover takes a few milliseconds; a request for one that has had no effect for so long lapses. */
const LET_GO_MS = 1000;
/**
 * To complete the log takes one round trip, or a walk through the connections first where slots were just changing: up to 400 ms for
 * a million. It must be over while the request for the lead stands.
 */
const COMPLETE_MS = 500;

/**
 * The main thread reports its facts with each pass, ten times a second. A second of blocking work costs nothing: with the pass
 * that it delays, and as much again for a machine that is short of processors, facts are 2.2 s old. Who resigns for what is
 * older hands over and loses nothing, so the bound need not be wide; but it is how long a leader may be blind to its servers.
 */
const STALE_AFTER_MS = 3000;

/** Configuration → what the beat thread is to do. */
export function beatOrders({ access, server, peer, heartbeat, datapath, ...config }: Config): BeatOrders {
  const { port, forwardGraceMs, intervalMs, leaseMs, deadAfterMs } = heartbeat;
  return {
    settings: {
      node: config.node,
      peer: peer.name,
      primary: config.primary,
      lowerAddress: Buffer.compare(ipv4ToBytes(access.address), ipv4ToBytes(peer.access)) < 0,
      intervalMs,
      leaseMs,
      deadAfterMs,
      headStartMs: HEAD_START_MS,
      poorHoldMs: poorHoldMs(config.services),
      reachHoldMs: reachHoldMs(config.reach),
      recovery: config.recovery.strategy,
      holdDownMs: config.recovery.holdDownMs,
      holdDownMaxMs: config.recovery.holdDownMaxMs,
      staleAfterMs: STALE_AFTER_MS,
      letGoMs: LET_GO_MS,
      completeMs: COMPLETE_MS,
    },
    forwardGraceMs,
    secrets: secretsOf(heartbeat),
    port,
    access: { device: access.interface, ownAddress: access.address, peerAddress: peer.access, nlbs: config.nlbs },
    serverDevice: server.interface,
    furtherDevices: [...access.furtherInterfaces, ...server.furtherInterfaces],
    pinDirectory: datapath.pinDirectory,
    paths: [
      { name: 'access', own: access.address, peer: peer.access },
      { name: 'server', own: server.address, peer: peer.server },
    ],
    digest: digestOf({ access, server, peer, heartbeat, datapath, ...config }),
    stations: [
      stationsOn('access', { access, server, peer, ...config }),
      stationsOn('server', { access, server, peer, ...config }),
    ],
  };
}

/** Who must be on that subnet: servers, reach targets that answer ARP, and the peer, whose kernel may live though it does not beat. */
function stationsOn(
  leg: 'access' | 'server',
  { reach, servers, peer, ...config }: Pick<Config, 'access' | 'server' | 'reach' | 'servers' | 'peer'>,
): StationLeg {
  const { interface: device, address: ownAddress } = config[leg];
  const targets = reach.targets.filter(({ type, via }) => type === 'arp' && via === leg);
  const behind = leg === 'server' ? servers.filter((each) => (each.interface ?? device) === device) : [];
  const addresses = [...targets, ...behind].map(({ address }) => address);
  return { device, ownAddress, peerAddress: peer[leg], addresses: [...new Set(addresses)] };
}

/**
 * The keys as the file has them now.
 * @throws when the file is no longer as good as it was when the configuration was checked
 */
function secretsOf({ keyFile }: Config['heartbeat']): Uint8Array[] {
  if (keyFile === undefined) return [];
  const read = readKeyFile(keyFile);
  if ('secrets' in read) return read.secrets;
  throw new Error(`heartbeat.keyFile: ${keyFile} ${read.problems.join('; ')}`);
}

/** Both nodes find out about a dead server within one round of checks of each other; twice that is certain. */
function poorHoldMs(services: Config['services']): number {
  const rounds = services
    .flatMap((service) => checkOf(service) ?? [])
    .map((check) => check.intervalMs + check.timeoutMs);
  return Math.max(500, 2 * Math.max(0, ...rounds));
}

/** Both nodes lose a target within one row of failures of each other, or have it back; twice that is certain. */
function reachHoldMs({ intervalMs, timeoutMs, rise, fall }: ReachConfig): number {
  return 2 * (intervalMs * Math.max(rise, fall) + timeoutMs);
}
