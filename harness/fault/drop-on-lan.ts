import type { LabView } from '../lab/view.ts';

/** A rule of nftables for frames: `iifname "nlb1" ether type arp`. */
export type FrameRule = string;

/** Where a switch looks at frames: as it is about to pass them on, or as they come in. */
export type Hook = 'forward' | 'prerouting';

let tables = 0;

/**
 * From now on the LAN's switch drops what one of the rules matches. Nodes see no difference but the silence, and a capture shows what was sent
 * and not received.
 * @returns what ends it, and gives how many frames were dropped: a fault that dropped none took no effect
 */
export async function dropOnLan(
  view: LabView,
  lan: string,
  rules: readonly FrameRule[],
  hook: Hook = 'forward',
): Promise<() => Promise<number>> {
  const lanSwitch = view.lab.switchOf(lan);
  const table = `onevip_${++tables}`;
  const lines = rules.map((rule) => `    ${rule} counter drop`).join('\n');
  const input = `table bridge ${table} {
  chain ${hook} {
    type filter hook ${hook} priority 0;
${lines}
  }
}
`;
  await lanSwitch.run(['nft', '-f', '-'], input);
  return async () => {
    const listed = await lanSwitch.run(['nft', 'list', 'table', 'bridge', table]);
    await lanSwitch.run(['nft', 'delete', 'table', 'bridge', table]);
    return [...listed.matchAll(/counter packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  };
}
