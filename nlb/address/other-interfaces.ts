import { type Family, hasTable, nft } from '../kernel/nftables.ts';

/**
 * Linux has every address on every interface: it answers ARP for it, and takes packets to it, wherever they come in. The data
 * path sees to that on the configured interfaces alone. A packet-filter table of ours sees to it on all others, such as one for
 * management, those to come included: nobody learns there where an address of ours is, and what is sent to one goes nowhere.
 */
export interface OtherInterfaces {
  /** Keep these addresses, and no others, from them. Throws an Error with what nft says. */
  keepFrom(addresses: readonly string[]): void;
  /** Puts the tables again where somebody took them away, with `nft flush ruleset` for instance. @returns whether that was so */
  putAgain(): boolean;
  remove(): void;
}

/** What was not there before `remove` is not there after it. Nothing is done yet. */
export function openOtherInterfaces(configured: readonly [string, ...string[]]): OtherInterfaces {
  const name = tableName(configured[0]);
  let kept: readonly string[] = [];
  const keepFrom = (addresses: readonly string[]): void => {
    nft(`${without(name)}${rulesetOf(name, ['lo', ...configured], addresses)}`, PURPOSE);
    kept = addresses;
  };
  return {
    keepFrom,
    putAgain: () => {
      if (kept.length === 0 || FAMILIES.every((family) => hasTable(family, name))) return false;
      keepFrom(kept);
      return true;
    },
    remove: () => {
      if (kept.length > 0 || FAMILIES.some((family) => hasTable(family, name))) nft(without(name), PURPOSE);
      kept = [];
    },
  };
}

const PURPOSE = 'keeps our addresses from other interfaces than the configured ones';
const FAMILIES: readonly Family[] = ['arp', 'ip'];

/** One for each daemon of this network namespace: they are distinguished by their access interfaces. */
function tableName(access: string): string {
  return `nlb-${/^[\w.-]+$/.test(access) ? access : Buffer.from(access).toString('hex')}`;
}

/** Also where there is none. */
function without(name: string): string {
  return FAMILIES.map((family) => `add table ${family} ${name}\ndelete table ${family} ${name}\n`).join('');
}

/** Before the rules of anybody else, and behind the place where packet sockets look. */
const PRIORITY = -500;

/**
 * Both hooks see a frame where it has arrived, on the bond, the bridge or the VLAN's interface, not on the member that it came
 * in by: so no frame of a configured interface is taken for one of another.
 */
function rulesetOf(name: string, configured: readonly string[], addresses: readonly string[]): string {
  const ours = `{ ${[...new Set(addresses)].join(', ')} }`;
  const devices = `{ ${[...new Set(configured)].map((device) => `"${device}"`).join(', ')} }`;
  const chain = (family: Family, hook: string, rule: string): string =>
    [
      `table ${family} ${name} {`,
      'chain others {',
      `type filter hook ${hook} priority ${PRIORITY}; policy accept;`,
      `iifname ${devices} accept`,
      rule,
      '}',
      '}\n',
    ].join('\n');
  return [
    chain('arp', 'input', `arp operation request arp daddr ip ${ours} drop`),
    chain('ip', 'prerouting', `ip daddr ${ours} drop`),
  ].join('');
}
