import { legAddress, legNamed, type NodePlan } from '../legs.ts';
import type { PairSetup } from '../system.ts';

/** How fast a pair of keepalived is to be. */
export interface Pace {
  /** Seconds between two advertisements, in steps of a hundredth (RFC 9568 section 5.2.7). */
  advertSeconds: number;
}

/** Beside the firewalls', whose identifiers are 51 to 53. */
const ROUTER_ID = 71;
/** "It is recommended to make this 50 more than on other machines" (keepalived.conf(5)). */
const [PRIMARY, OTHER] = [150, 100];
/** Its own limit of 10 ms without a pause kills it on a machine that other labs share. */
const RT_LIMIT_MICROSECONDS = 2_000_000;

/** For how long the master is silent until a backup takes over: three intervals and the skew (RFC 9568 section 6.1). */
export const masterDownMs = ({ advertSeconds }: Pace): number =>
  Math.ceil(1000 * (3 * advertSeconds + ((256 - OTHER) * advertSeconds) / 256));

export const LABELS = { alias: 'access:nlbs', loopback: 'lo:cluster' };

/** Files that the configuration names. */
export interface Files {
  startScript: string;
  stopScript: string;
  notifyFifo: string;
  notifyScript: string;
}

/** keepalived.conf of one node. */
export function configuration(own: NodePlan, setup: PairSetup, pace: Pace, files: Files): string {
  const { plan } = setup;
  const isPrimary = own.primary ?? false;
  // Where the cluster address is itself the shared one, as in the prior art, no other place is its own.
  const onLoopback = plan.addresses.cluster.filter((address) => address !== plan.addresses.nlbs);
  return [
    'global_defs {',
    `  router_id ${own.name}`,
    '  vrrp_version 3',
    '  vrrp_rt_priority 50',
    `  vrrp_rlimit_rttime ${RT_LIMIT_MICROSECONDS}`,
    '  vrrp_no_swap',
    // So that whoever leads after two have led announces the address again.
    '  vrrp_higher_prio_send_advert true',
    '  script_user root',
    '  enable_script_security',
    `  startup_script "${files.startScript}"`,
    `  shutdown_script "${files.stopScript}"`,
    `  vrrp_notify_fifo ${files.notifyFifo}`,
    `  vrrp_notify_fifo_script "${files.notifyScript}"`,
    '}',
    ...(onLoopback.length === 0
      ? []
      : [
          'static_ipaddress {',
          ...onLoopback.map((address) => `  ${address}/32 dev lo scope host label ${LABELS.loopback}`),
          '}',
        ]),
    'vrrp_instance LB {',
    '  state BACKUP',
    `  interface ${legNamed(own, 'access').name}`,
    `  virtual_router_id ${ROUTER_ID}`,
    `  priority ${isPrimary ? PRIMARY : OTHER}`,
    `  advert_int ${pace.advertSeconds}`,
    ...(setup.recovery === 'automatic' ? [] : ['  nopreempt']),
    `  mcast_src_ip ${legAddress(own, 'access')}`,
    '  track_interface {',
    `    ${legNamed(own, 'server').name}`,
    '  }',
    '  virtual_ipaddress {',
    `    ${plan.addresses.nlbs}/32 dev ${legNamed(own, 'access').name} label ${LABELS.alias}`,
    '  }',
    '}',
    '',
  ].join('\n');
}
