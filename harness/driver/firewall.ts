import type { NodePlan, Plan, ServicePlan } from '../topology/plan.ts';

/**
 * The rules of a firewall, for iptables-restore: a stateful filter. Only connections to the served ports come in, what
 * belongs to a connection goes through, everything else is dropped. The firewall itself hears VRRP and answers pings
 * from the private side only.
 */
export function filterRules(plan: Plan, node: NodePlan): string {
  const outside = outsideDevices(node);
  return `${[
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    '-A INPUT -i lo -j ACCEPT',
    '-A INPUT -p vrrp -j ACCEPT',
    ...outside.map((device) => `-A INPUT -i ${device} -p icmp -j DROP`),
    '-A INPUT -p icmp -j ACCEPT',
    '-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
    '-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
    ...outside.flatMap((device) =>
      plan.addresses.cluster.flatMap((address) => plan.services.map((service) => acceptNew(device, address, service))),
    ),
    'COMMIT',
  ].join('\n')}\n`;
}

/** The leg of the default route, and the device of its virtual router, by which what is sent to the virtual MAC comes in. */
function outsideDevices(node: NodePlan): string[] {
  const leg = node.routes.find(({ to }) => to === 'default')?.leg;
  if (leg === undefined) throw new Error(`${node.name} is a firewall without a default route: which leg is outside?`);
  const router = node.vrrp?.routers.find((candidate) => candidate.leg === leg);
  return router ? [leg, virtualDevice(router.id)] : [leg];
}

/** Device that keepalived makes for a virtual router with a MAC of its own. */
const virtualDevice = (id: number): string => `vrrp.${id}`;

const acceptNew = (device: string, address: string, { protocol, port }: ServicePlan): string =>
  `-A FORWARD -i ${device} -d ${address} -p ${protocol} --dport ${port} -m conntrack --ctstate NEW -j ACCEPT`;

/** Advertisement interval of the firewalls' virtual routers, in seconds: the shortest that VRRPv3 and keepalived allow in tenths. */
export const ADVERT_SECONDS = 0.1;
/** What keepalived does when it is told nothing. */
export const DEFAULT_ADVERT_SECONDS = 1;

/** keepalived's own limit of 10 ms without a pause kills it on a machine that other labs share. */
const RT_LIMIT_MICROSECONDS = 2_000_000;

/** keepalived's configuration of a firewall: a virtual router with its own MAC on each leg, all masters together or none. */
export function keepalivedConfig(node: NodePlan, advertSeconds = ADVERT_SECONDS): string {
  if (!node.vrrp) throw new Error(`${node.name} is a firewall without virtual routers`);
  const { priority, routers } = node.vrrp;
  const names = routers.map(({ leg }) => `VI_${leg}`);
  return [
    'global_defs {',
    `  router_id ${node.name}`,
    '  vrrp_version 3',
    '  vrrp_rt_priority 50',
    `  vrrp_rlimit_rttime ${RT_LIMIT_MICROSECONDS}`,
    '  vrrp_garp_master_delay 1',
    '}',
    'vrrp_sync_group legs {',
    `  group { ${names.join(' ')} }`,
    '}',
    ...routers.map((router) => virtualRouter(node, router, priority, advertSeconds)),
    '',
  ].join('\n');
}

/** The virtual address has no subnet of its own, or the firewall would have two routes to each. */
function virtualRouter(
  node: NodePlan,
  { leg, id, address }: { leg: string; id: number; address: string },
  priority: number,
  advertSeconds: number,
): string {
  const own = node.legs.find(({ name }) => name === leg);
  return [
    `vrrp_instance VI_${leg} {`,
    '  state BACKUP',
    `  interface ${leg}`,
    `  use_vmac ${virtualDevice(id)}`,
    `  virtual_router_id ${id}`,
    `  priority ${priority}`,
    `  advert_int ${advertSeconds}`,
    ...(own ? [`  mcast_src_ip ${own.address.split('/')[0]}`] : []),
    '  virtual_ipaddress {',
    `    ${address}/32`,
    '  }',
    '}',
  ].join('\n');
}
