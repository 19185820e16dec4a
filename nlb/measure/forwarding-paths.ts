import { spawnSync } from 'node:child_process';
import type { DatapathMode } from '../datapath/attach/attach.ts';
import { MAC } from '../datapath/kit/rig.ts';
import { run } from '../kernel/private-namespaces.ts';
import { CLUSTER, LOWEST_PORT } from './frames.ts';
import { macOf, openLoadBalancer } from './load-balancer.ts';

/** One way to forward frames through the load balancer. */
export interface ForwardingPath {
  name: string;
  /** Frames are forwarded until the returned function is called. Throws if this machine does not support it. */
  open(): () => void;
}

export const SERVERS = 3;

const throughDatapath = (mode: DatapathMode): ForwardingPath => ({
  name: mode,
  open: () => {
    const datapath = openLoadBalancer({ servers: SERVERS, services: 1 }, 'udp', mode);
    return () => datapath.remove();
  },
});

/** The same task by nftables, without a table of connections: a hash selects the server for each packet. */
const RULESET = `table netdev onevip_measured {
  chain hashed {
    type filter hook ingress device "access" priority 0;
    ip daddr ${CLUSTER} udp dport ${LOWEST_PORT} ether saddr set ${MAC.server} ether daddr set \
      jhash ip saddr . udp sport mod ${SERVERS} map { ${Array.from({ length: SERVERS }, (_, id) => `${id} : ${macOf(id)}`).join(', ')} } \
      fwd to "server"
  }
}`;

const throughNftables: ForwardingPath = {
  name: 'nftables',
  open: () => {
    const { status, stderr, error } = spawnSync('nft', ['-f', '-'], { input: RULESET, encoding: 'utf8' });
    if (status !== 0) throw error ?? new Error(`nft refused the ruleset: ${stderr}`);
    return () => void run('nft delete table netdev onevip_measured');
  },
};

export const FORWARDING_PATHS: readonly ForwardingPath[] = [
  throughDatapath('xdp'),
  throughDatapath('tc'),
  throughDatapath('userspace'),
  throughNftables,
];
