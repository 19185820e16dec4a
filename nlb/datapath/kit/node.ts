import { run } from '../../kernel/private-namespaces.ts';
import { type Datapath, openDatapath } from '../datapath.ts';
import { directoryFor } from '../userspace/directory.ts';
import { findForwarder } from '../userspace/process.ts';
import { bytesOf, IP, TO_US, UDP } from './frames.ts';
import { CLUSTER, MAC, makeInterfaces, NLBS, options, pinDirectory, tables } from './rig.ts';
import type { Scope } from './send.ts';
import { openVethPeers, type VethPeers } from './veth-peers.ts';

/** Support for tests of mode userspace. */

export const HOUR_NS = 3_600_000_000_000n;

/** In private namespaces: the rig's interfaces as on an active node, whose own stack would answer what reaches it. */
export function makeNode(t: { beforeEach(act: () => void): void }): VethPeers {
  makeInterfaces();
  run(`ip address add ${NLBS}/24 dev access`);
  run('ip link set lo up');
  // What XDP redirects into a veth is only received where the other end runs NAPI, which GRO switches on.
  run('ethtool -K farm gro on');
  run(`ip address add ${CLUSTER}/32 dev lo`);
  run('ip route add default via 10.77.1.1 dev access');
  run(`ip neighbour add 10.77.1.1 lladdr ${MAC.router} dev access`);
  const peers = openVethPeers();
  // Frames that one test has not read must not reach the next.
  t.beforeEach(() => {
    for (const on of ['access', 'server'] as const) peers.received(on);
  });
  return peers;
}

/** With the tables of the rig; removed after the test. */
export function open(t: Scope, directory = pinDirectory(t)): Datapath {
  const datapath = openDatapath({ ...options(directory), mode: 'userspace', first: tables() });
  t.teardown(() => datapath.remove());
  return datapath;
}

export const forwarderIn = (directory: string) =>
  findForwarder(directoryFor(directory)) ?? { pid: 0, startedTicks: '' };

export const DATAGRAM = bytesOf(`${TO_US} ${IP} ${UDP}`);
/** As it must leave: with the hardware addresses of the server and of our interface, and otherwise unchanged. */
export const FORWARDED = `${MAC.server0}${MAC.server}`.replaceAll(':', '') + DATAGRAM.toString('hex', 12);
