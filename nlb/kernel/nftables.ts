import { spawnSync } from 'node:child_process';
import { textValue } from './netlink.ts';
import { askRoute } from './route-socket.ts';
import { SyscallError } from './syscall-error.ts';

/** The packet filter, by its own program for writing, which is rare, and by its own protocol for looking, which costs microseconds. */

/** All of it or nothing. @param purpose for the error: what it is for. Throws an Error with what nft says. */
export function nft(ruleset: string, purpose: string): void {
  const { status, stderr, error } = spawnSync('nft', ['-f', '-'], { input: ruleset, encoding: 'utf8' });
  if (error) throw new Error(`nftables cannot be run, which ${purpose}: ${error.message}`);
  if (status !== 0) throw new Error(`nft refused what ${purpose}: ${stderr.trim()}`);
}

const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_GETTABLE = 1;
const NFTA_TABLE_NAME = 1;
/** struct nfgenmsg: the family, version 0, no resource. */
const FAMILY = { arp: 3, ip: 2 };
export type Family = keyof typeof FAMILY;

/** Whether this thread's network namespace has that table. Throws SyscallError. */
export function hasTable(family: Family, name: string): boolean {
  try {
    askRoute({
      protocol: NETLINK_NETFILTER,
      operation: 'find table',
      subject: `${family} ${name}`,
      type: (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE,
      flags: 0,
      body: Buffer.from([FAMILY[family], 0, 0, 0]),
      attributes: [[NFTA_TABLE_NAME, textValue(name)]],
    });
    return true;
  } catch (error) {
    if (error instanceof SyscallError && error.errno === 'ENOENT') return false;
    throw error;
  }
}
