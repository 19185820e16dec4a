import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { enterPrivateNamespaces, until } from '../kernel/private-namespaces.ts';
import { inside, openTestPair, statusOf } from './test-pair.ts';

enterPrivateNamespaces(import.meta.url);

/** Asks come a quarter of a beat's interval apart; starts differ by less than that often enough. */
const STARTS = 4;
/** Several lives of two daemons, each of which listens before it leads. */
t.setTimeout(90_000);
const pair = await openTestPair(t);
const { nodes } = pair;

t.test('two that start at the same instant, and hear no beat of each other, never both lead', async (t) => {
  const usual = nodes.map(({ config }) => readFileSync(config, 'utf8'));
  for (const [i, node] of nodes.entries()) {
    inside(node, 'nft add table inet mute');
    inside(node, 'nft add chain inet mute out { type filter hook output priority 0 ; }');
    inside(node, 'nft add rule inet mute out udp dport 4694 drop');
    const slow = usual[i]
      ?.replace('primary: true', 'primary: false')
      .replace('intervalMs: 50, leaseMs: 400, deadAfterMs: 500', 'intervalMs: 100, leaseMs: 250, deadAfterMs: 300');
    writeFileSync(node.config, slow ?? '');
  }
  const settled = () => {
    const said = nodes.map(statusOf);
    const led = said.filter((status) => status?.state === 'active').length;
    return led === 2 || (led === 1 && said.some((status) => status?.reason.startsWith('another node answers')));
  };
  for (let times = 1; times <= STARTS; times++) {
    const daemons = nodes.map((node) => pair.start(node));
    await until(settled, 'one of them leads, and the other knows that somebody does');
    t.equal(pair.holders().length, 1, `start ${times}`);
    await Promise.all(daemons.map(pair.stop));
  }
  for (const [i, node] of nodes.entries()) {
    inside(node, 'nft delete table inet mute');
    writeFileSync(node.config, usual[i] ?? '');
  }
});
