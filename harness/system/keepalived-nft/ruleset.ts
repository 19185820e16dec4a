import { type LegPlan, legNamed, type NodePlan, type ServicePlan } from '../legs.ts';
import type { PairSetup } from '../system.ts';

/** What forwards, as files for `nft -f`. Each takes the place of the one before it at once. */
export interface Rulesets {
  /** Packets for the cluster go to servers. */
  master: string;
  /** They go nowhere, and never to the node's own stack. */
  backup: string;
}

export const TABLE = 'netdev onevip_lb';
const SEED = '0x6f6e6576';
/** The first fragment, too: more fragments follow it, or it is one further on. */
const IS_FRAGMENT = 'ip frag-off & 0x3fff != 0';
/**
 * In an ICMP error: the addresses and ports of the quoted packet, which a server had sent, in the order of a client's packet. A
 * quoted header with options is one that is not found.
 */
const QUOTED_FLOW = '@th,192,32 . @th,160,32 . @th,240,16 . @th,224,16';
const FLOW = 'ip saddr . ip daddr . th sport . th dport';

/**
 * A hash of addresses and ports, no table of connections: the same packet goes to the same server as long as the servers and
 * their weights stay the same. Pieces of datagrams, of which but one has ports, go by their addresses.
 */
export function rulesets(own: NodePlan, setup: PairSetup): Rulesets {
  return { master: table(own, setup, forwarding(own, setup)), backup: table(own, setup, []) };
}

function table(own: NodePlan, { plan }: PairSetup, rules: string[]): string {
  const cluster = `{ ${plan.addresses.cluster.join(', ')} }`;
  const chain = (device: string, lines: string[]) => [
    `  chain ${device} {`,
    `    type filter hook ingress device "${device}" priority 0; policy accept;`,
    ...lines.map((line) => `    ${line}`),
    '  }',
  ];
  // What is flooded to the node, and not addressed to it, its stack drops by itself.
  const access = [`meta pkttype host ip daddr ${cluster} goto cluster`];
  const server = [`ip daddr ${cluster} drop`, `ip saddr ${cluster} drop`];
  return [
    `table ${TABLE} { }`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    '  chain cluster {',
    ...[...rules, 'drop'].map((line) => `    ${line}`),
    '  }',
    ...chain(legNamed(own, 'access').name, access),
    ...chain(legNamed(own, 'server').name, server),
    '}',
    '',
  ].join('\n');
}

function forwarding(own: NodePlan, setup: PairSetup): string[] {
  const server = legNamed(own, 'server');
  const shares = sharesOf(setup);
  if (shares.length === 0) return [];
  const slots = slotsOf(shares);
  const toHashOf = (what: string): string =>
    `ether saddr set ${server.mac} ether daddr set jhash ${what} mod ${slots.count} seed ${SEED} map { ${slots.map} } fwd to "${server.name}"`;
  const ports = servedPorts(setup);
  const protocols = [...ports.keys()].join(', ');
  return [
    `${IS_FRAGMENT} ip protocol { ${protocols} } ${toHashOf('ip saddr . ip daddr')}`,
    ...[...ports].map(([protocol, of]) => `${protocol} dport { ${of.join(', ')} } ${toHashOf(FLOW)}`),
    `icmp type { destination-unreachable, time-exceeded, parameter-problem } ${toHashOf(QUOTED_FLOW)}`,
  ];
}

function servedPorts({ plan, services }: PairSetup): Map<ServicePlan['protocol'], number[]> {
  const served = plan.services.filter(({ name }) => services?.includes(name) ?? true);
  const byProtocol = Map.groupBy(served, ({ protocol }) => protocol);
  return new Map([...byProtocol].map(([protocol, of]) => [protocol, of.map(({ port }) => port)]));
}

interface Share {
  leg: LegPlan;
  weight: number;
}

function sharesOf({ plan, servers, weights }: PairSetup): Share[] {
  const used = plan.nodes.filter(({ kind, name }) => kind === 'server' && (servers?.includes(name) ?? true));
  const shares = used.map((node) => ({ leg: legNamed(node, 'server'), weight: weights?.[node.name] ?? 1 }));
  const wrong = shares.find(({ weight }) => !Number.isInteger(weight) || weight < 0);
  if (wrong) throw new Error(`a weight is a whole number from 0 on, not ${wrong.weight}`);
  return shares.filter(({ weight }) => weight > 0);
}

/** As many slots as the weights add up to: `0 : mac, 1-2 : mac`. */
function slotsOf(shares: readonly Share[]): { count: number; map: string } {
  let count = 0;
  const parts = shares.map(({ leg, weight }) => {
    const first = count;
    count += weight;
    return `${weight === 1 ? first : `${first}-${count - 1}`} : ${leg.mac}`;
  });
  return { count, map: parts.join(', ') };
}
