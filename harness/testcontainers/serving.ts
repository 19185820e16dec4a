import { until } from '../clock/until.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabNode } from '../node/node.ts';

/** What a load balancer says of itself: of each service, the servers that its new connections go to. */
type Serving = Record<string, string[]>;

/** What should be so of the servers that each service's new connections go to. */
interface Wanted {
  what: string;
  holds(servers: readonly string[]): boolean;
}

export const goExactlyTo = (servers: readonly string[]): Wanted => ({
  what: `new connections go to ${listed(servers)}`,
  holds: (names) => names.toSorted().join() === servers.toSorted().join(),
});

export const goNoLongerTo = (server: string): Wanted => ({
  what: `no new connections go to ${server}`,
  holds: (names) => !names.includes(server),
});

export const goAgainTo = (server: string): Wanted => ({
  what: `new connections go to ${server} again`,
  holds: (names) => names.includes(server),
});

/**
 * Waits until it is so of every service, by both load balancers' own word.
 * @throws saying whom they send to instead
 */
export async function awaitServing(lab: Lab, { what, holds }: Wanted, withinMs: number): Promise<void> {
  const seen = new Map<string, Serving | undefined>(lab.nodes('nlb').map(({ name }) => [name, undefined]));
  const isSo = async (node: LabNode): Promise<boolean> => {
    const serving = await servingOn(lab, node);
    seen.set(node.name, serving);
    return serving !== undefined && Object.values(serving).every(holds);
  };
  const onBoth = async () => (await Promise.all(lab.nodes('nlb').map(isSo))).every(Boolean);
  try {
    await until(onBoth, { what, withinMs, everyMs: 20 });
  } catch (error) {
    throw new Error(`${(error as Error).message}; ${[...seen].map(sentence).join('; ')}`, { cause: error });
  }
}

/** By the word of one load balancer; undefined while it does not answer. */
export const servingOn = (lab: Lab, node: LabNode): Promise<Serving | undefined> => lab.use('serving')(node);

function sentence([node, serving]: [string, Serving | undefined]): string {
  if (serving === undefined) return `${node} does not answer`;
  const services = Object.entries(serving).map(([name, servers]) => `${name} to ${listed(servers)}`);
  return `${node} sends ${services.join(' and ')}`;
}

const listed = (servers: readonly string[]): string => servers.join(', ') || 'nobody';
