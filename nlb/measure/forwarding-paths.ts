import { spawnSync } from 'node:child_process';
import type { DatapathMode } from '../datapath/attach/attach.ts';
import { MAC } from '../datapath/kit/rig.ts';
import { run } from '../kernel/private-namespaces.ts';
import { CLUSTER, LOWEST_PORT } from './frames.ts';
import { macOf, openLoadBalancer } from './load-balancer.ts';

/** A way for frames through the load balancer. */
export interface ForwardingPath {
  name: string;
  /** Frames find it from then on, until what is returned is called. Throws where this machine does not offer it. */
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

/** What nft makes of the same job, without a memory of connections: a hash chooses the server, for every packet anew. */
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
