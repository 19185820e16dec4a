import { z } from 'zod';
import { type Ipv4, parseIpv4 } from './address.ts';

/** A heartbeat has room for no higher count. */
const MOST_TARGETS = 65_535;

/** The shape of the configuration, section by section. What one section cannot see alone is in `cross.ts`. */

const ipv4 = z.string().transform((text, context): Ipv4 => {
  const address = parseIpv4(text);
  if (address !== undefined) return address;
  context.addIssue({ code: 'custom', message: `"${text}" is not an IPv4 address (four numbers, 0 to 255)` });
  return z.NEVER;
});

/** Kernel's limit: IFNAMSIZ is 16 with the closing zero. */
const device = z.string().regex(/^[^\s/:]{1,15}$/, 'must be an interface name: 1 to 15 bytes, no "/", ":" or space');
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be a name: letters, digits, ".", "_", "-", at most 63');
const port = z.int().min(1).max(65_535);
const milliseconds = z.int().min(1).max(3_600_000);
const timeout = z
  .int()
  .min(1)
  .max(7 * 24 * 3_600_000);
const path = z.string().startsWith('/', 'must be an absolute path');

/** `furtherInterfaces`: others on which the same comes in, or by which servers are reached; addresses and beats are the first one's. */
const leg = z.strictObject({
  interface: device,
  address: ipv4,
  furtherInterfaces: z.array(device).max(14).default([]),
});

const check = z.strictObject({
  type: z.literal('tcp').default('tcp'),
  /** Where to connect; the service's own port when absent. */
  port: port.optional(),
  intervalMs: milliseconds.default(500),
  timeoutMs: milliseconds.default(300),
  /** Successes in a row that bring a failed server back. */
  rise: z.int().min(1).max(100).default(2),
  /** Failures in a row that take a server out. */
  fall: z.int().min(1).max(100).default(2),
  /** What becomes of the connections of a server that fails: they stay, or move to others, as where it is gone. */
  onFailure: z.enum(['keep', 'move']).default('keep'),
});

const server = z.strictObject({
  name,
  address: ipv4,
  weight: z.int().min(0).max(1000).default(1),
  /** It keeps the connections that it has, and gets no new ones. */
  draining: z.boolean().default(false),
  /** By which it is reached, where that is not `server.interface`. */
  interface: device.optional(),
});

/** A client stays on its server: so long after its last new connection, and with all addresses that have so many bits alike. */
const persistence = z.strictObject({
  prefix: z.int().min(1).max(32).default(32),
  timeoutMs: timeout.default(600_000),
});

const service = z.strictObject({
  name,
  address: ipv4,
  protocol: z.enum(['tcp', 'udp']),
  /** `any`: every port that no other service of that address and protocol has. */
  port: z.union([port, z.literal('any')]),
  /** Names of the servers that serve it; all of them when absent. */
  servers: z.array(name).min(1).optional(),
  check: check.optional(),
  persistence: persistence.optional(),
});

/**
 * By default a daemon that dies is noticed in 40 ms, and its lease of 30 ms has then run out. What firewalls still send to
 * the old hardware address is forwarded for half a second more: that covers two announcements of the new one, so one may be lost.
 */
const heartbeat = z.strictObject({
  port: port.default(4694),
  intervalMs: milliseconds.default(10),
  deadAfterMs: milliseconds.default(40),
  leaseMs: milliseconds.default(30),
  forwardGraceMs: z.int().min(0).max(60_000).default(500),
  /** What the beats are authenticated with, the same on both nodes; see `key-file.ts`. */
  keyFile: path.optional(),
  /** Whoever reaches the heartbeat port is believed. There has to be a key file, or this has to be written. */
  insecure: z.boolean().default(false),
});

/** Whom this node must be able to reach to be of use: the firewalls, a router beyond them. The better placed of the two leads. */
const reach = z.strictObject({
  targets: z
    .array(
      z.strictObject({
        name,
        address: ipv4,
        type: z.enum(['arp', 'icmp']).default('arp'),
        /** The leg by which it is asked. */
        via: z.enum(['access', 'server']).default('access'),
      }),
    )
    .max(MOST_TARGETS)
    .default([]),
  intervalMs: milliseconds.default(500),
  timeoutMs: milliseconds.default(300),
  rise: z.int().min(1).max(100).default(2),
  fall: z.int().min(1).max(100).default(3),
});

/** Whether the primary has the lead back by itself; and how long a lead lasts that nobody needs to take away. */
const recovery = z.strictObject({
  strategy: z.enum(['manual', 'automatic']).default('manual'),
  holdDownMs: milliseconds.default(5000),
  holdDownMaxMs: milliseconds.default(300_000),
});

const scripts = z.strictObject({
  initial: path.optional(),
  active: path.optional(),
  standby: path.optional(),
  inop: path.optional(),
  timeLimitMs: milliseconds.default(5000),
});

const datapath = z.strictObject({
  mode: z.enum(['auto', 'xdp', 'xdp-generic', 'tc', 'userspace']).default('auto'),
  /** On a bpf file system, which is mounted there if need be. */
  pinDirectory: path.default('/sys/fs/bpf/nlb'),
  /** How many entries the tables have. A server's number has 15 bits of a slot, and the last one stands for none; selections of 16,384 services take 2 GiB. */
  maxConnections: z.int().min(1024).max(16_777_216).default(1_000_000),
  maxUdpFlows: z.int().min(1024).max(16_777_216).default(262_144),
  maxServers: z.int().min(1).max(32_767).default(4096),
  maxServices: z.int().min(1).max(16_384).default(512),
});

/**
 * Keeping the standby in step, so that it may take over at any instant and no connection notices: see nlb/sync/README.md. Off, both
 * nodes go by what they find out each for itself.
 */
const inStep = z.strictObject({
  /** UDP, on both nodes and both subnets. */
  port: port.default(4695),
  /** How many flows may go elsewhere than their slots say: connections that are open while slots change owner. */
  maxExceptions: z.int().min(1024).max(16_777_216).default(262_144),
  /** First packets in slots that change wait for a standby that does not answer for so long; as for the dead time when absent. */
  holdMs: milliseconds.optional(),
});
const sync = z.union([z.literal('off'), inStep], { error: 'must be "off", or settings of the sync' }).default('off');

/**
 * How long after its last packet a connection counts as absent. The defaults are what RFC 5382 REQ-5 (and RFC 7857 section
 * 2.2, after a reset) and RFC 4787 REQ-5 ask of a translator, and Linux's own time for reassembly.
 */
const timeouts = z.strictObject({
  /** Nothing but its first packet has come. */
  unprovenMs: timeout.default(240_000),
  /** TCP, in use. */
  establishedMs: timeout.default(7_440_000),
  /** TCP, after the client's FIN; after its RST. */
  finishedMs: timeout.default(240_000),
  resetMs: timeout.default(240_000),
  /** UDP. */
  datagramsMs: timeout.default(300_000),
  /** What is known of a datagram that comes in fragments. */
  fragmentMs: timeout.default(30_000),
});

/**
 * How many connections a second may enter the tables of those that have proved themselves, which two packets do; further ones
 * are forwarded without an entry, and enter later. Who floods a full table from forged addresses pushes out so many, and no more.
 */
const perSecond = z.int().min(1).max(100_000_000);
const limits = z.strictObject({
  tcpPerSecond: perSecond.default(50_000),
  udpPerSecond: perSecond.default(10_000),
});

export const sections = {
  node: name,
  primary: z.boolean().default(false),
  access: leg,
  server: leg,
  nlbs: ipv4,
  peer: z.strictObject({ name, access: ipv4, server: ipv4 }),
  heartbeat: heartbeat.prefault({}),
  reach: reach.prefault({}),
  recovery: recovery.prefault({}),
  clusterAddresses: z.array(ipv4).min(1),
  servers: z.array(server).min(1),
  services: z.array(service).min(1),
  sync,
  scripts: scripts.prefault({}),
  timeouts: timeouts.prefault({}),
  limits: limits.prefault({}),
  datapath: datapath.prefault({}),
  control: z.strictObject({ socket: path.default('/run/nlb/nlbd.sock') }).prefault({}),
  log: z.strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
};

const whole = z.strictObject(sections);
export type Config = z.output<typeof whole>;
export type ServerConfig = Config['servers'][number];
export type ServiceConfig = Config['services'][number];
/** As the data path has it: zero for any. */
export const portNumber = ({ port }: Pick<ServiceConfig, 'port'>): number => (port === 'any' ? 0 : port);
export type CheckConfig = z.output<typeof check>;
export type ReachConfig = Config['reach'];

/** The check of a TCP service that configures none: can a client connect? */
export const defaultCheck: CheckConfig = check.parse({});
