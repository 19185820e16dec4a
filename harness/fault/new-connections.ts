import type { LabNode } from '../node/node.ts';

/** What becomes of a SYN that comes to the server, by nftables. Connections that are there go on. */
const RULES = {
  refused: 'tcp flags & (syn | ack) == syn reject with tcp reset',
  unanswered: 'tcp flags & (syn | ack) == syn counter drop',
};

/**
 * From now on new connections to the server are refused, or neither refused nor accepted. Gives what ends that.
 * @throws where nft refuses the rule
 */
export async function stopNewConnections(server: LabNode, they: keyof typeof RULES): Promise<() => Promise<void>> {
  const table = `onevip_${they}`;
  const rules = `table inet ${table} { chain input { type filter hook input priority 0; ${RULES[they]}; }; }`;
  const done = await server.runBeside(['nft', '-f', '-'], rules);
  if (done.exitCode !== 0) throw new Error(`nft on ${server.name} failed: ${done.stderr}`);
  return async () => {
    await server.runBeside(['nft', 'delete', 'table', 'inet', table]);
  };
}
