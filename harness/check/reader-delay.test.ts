import t from 'tap';
import { arp, history, neighbour } from './literal-history.ts';
import { readerDelayNs } from './reader-delay.ts';
import { arpsOf } from './seen.ts';

const NLBS = '10.77.1.100';
const [OLD, NEW] = ['02:00:00:00:00:0b', '02:00:00:00:00:0c'];
const port = (node: string) => ({ lan: 'access', node, leg: 'access' });

const heard = (...nodes: string[]) => {
  const way = { atMs: 82, from: port('nlb2'), to: nodes.map(port) };
  const announced = arp(way, { operation: 'request', senderMac: NEW, senderIp: NLBS, targetIp: NLBS });
  return arpsOf(announced, { direction: 'received' });
};
const entry = (atMs: number, mac: string | undefined, node = 'fw1', address = NLBS) =>
  neighbour(atMs, { node, device: 'access', address, state: 'STALE', ...(mac === undefined ? {} : { mac }) });
const delayMs = (nodes: string[], ...entries: ReturnType<typeof entry>[]) =>
  readerDelayNs(history(entries), heard(...nodes), NLBS) / 1e6;

t.test('how late readers were is told by the entry that an announcement replaced', async (t) => {
  t.equal(delayMs(['fw1'], entry(10, OLD), entry(100, NEW)), 17.99);
  t.equal(delayMs(['fw1'], entry(10, OLD), entry(82.01, NEW)), 0, 'at once');
  t.equal(delayMs(['fw1'], entry(10, OLD), entry(90, undefined), entry(100, NEW)), 17.99, 'one without an address');
  t.equal(delayMs(['fw1'], entry(10, OLD), entry(90, NEW, 'fw1', '10.77.1.9'), entry(100, NEW)), 17.99, 'of another');
  t.equal(
    delayMs(['fw1', 'fw2'], entry(10, OLD), entry(10, OLD, 'fw2'), entry(100, NEW, 'fw2'), entry(90, NEW)),
    17.99,
  );
});

t.test('where none was replaced, nothing is known of them', async (t) => {
  t.equal(delayMs(['fw1']), 0);
  t.equal(delayMs([], entry(10, OLD), entry(100, NEW)), 0, 'nobody heard it');
  t.equal(delayMs(['fw1'], entry(100, NEW)), 0, 'a first entry replaces none');
  t.equal(delayMs(['fw1'], entry(10, NEW), entry(100, NEW)), 0, 'nor does the same again');
  t.equal(
    delayMs(['fw1'], entry(10, OLD), entry(90, OLD), entry(100, NEW)),
    0,
    'what came first was of something else',
  );
  t.equal(delayMs(['fw1'], entry(10, OLD), entry(50, NEW)), 0, 'nor was it before');
});
