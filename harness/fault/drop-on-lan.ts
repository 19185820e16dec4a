import { execa } from 'execa';
import { netnsPath } from '../driver/namespace.ts';
import type { LabView } from '../lab/view.ts';

/** A rule of nftables for frames that a LAN's switch is about to pass on: `iifname "nlb1" ether type arp`. */
export type FrameRule = string;

let tables = 0;

/**
 * From now on the LAN's switch passes on nothing that one of the rules matches. Nodes see no difference but the silence.
 * @returns what ends it, and gives how many frames were dropped: a fault that dropped none did not bite
 */
export async function dropOnLan(
  view: LabView,
  lan: string,
  rules: readonly FrameRule[],
): Promise<() => Promise<number>> {
  const netns = view.lab.lanNetns(lan);
  const table = `onevip_${++tables}`;
  const lines = rules.map((rule) => `    ${rule} counter drop`).join('\n');
  const input = `table bridge ${table} {
  chain pass {
    type filter hook forward priority 0;
${lines}
  }
}
`;
  await nft(netns, ['-f', '-'], input);
  return async () => {
    const listed = await nft(netns, ['list', 'table', 'bridge', table]);
    await nft(netns, ['delete', 'table', 'bridge', table]);
    return [...listed.matchAll(/counter packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  };
}

async function nft(netns: string, words: string[], input = ''): Promise<string> {
  const { stdout } = await execa('nsenter', [`--net=${netnsPath(netns)}`, '--', 'nft', ...words], { input });
  return stdout;
}
