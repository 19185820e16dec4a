import type { LabNode } from '../node/node.ts';

/** The heartbeat's port where the configuration names none. */
export const HEARTBEAT_PORT = 4694;
const TABLE = 'inet onevip_bench';

const RULES = `table ${TABLE} {
  chain input {
    type filter hook input priority -300;
    udp dport ${HEARTBEAT_PORT} counter drop
  }
}
`;

/** From now on no heartbeat reaches the node, by whatever path. */
export async function dropHeartbeats(node: LabNode): Promise<void> {
  await nft(node, ['-f', '-'], RULES);
}

/** Lets them in again; gives how many were dropped. */
export async function letHeartbeatsIn(node: LabNode): Promise<number> {
  const listed = await nft(node, ['list', 'table', ...TABLE.split(' ')]);
  await nft(node, ['delete', 'table', ...TABLE.split(' ')]);
  return Number(/counter packets (\d+)/.exec(listed)?.[1] ?? 0);
}

async function nft(node: LabNode, words: string[], input = ''): Promise<string> {
  const done = await node.runBeside(['nft', ...words], input);
  if (done.exitCode !== 0) throw new Error(`nft ${words.join(' ')} on ${node.name} failed: ${done.stderr}`);
  return done.stdout;
}
