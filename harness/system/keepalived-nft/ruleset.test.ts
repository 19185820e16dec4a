import t from 'tap';
import { loadPlan } from '../../topology/load.ts';
import { rulesets } from './ruleset.ts';

const plan = loadPlan('invention');
const [own] = plan.nodes.filter(({ kind }) => kind === 'nlb');
if (!own) throw new Error('the invention has load balancers');
const macs = plan.nodes.filter(({ kind }) => kind === 'server').map(({ legs: [leg] }) => leg?.mac);
const master = (options = {}) => rulesets(own, { plan, folder: '', bpfFolder: '', secrets: [], ...options }).master;

t.test('each server has as many slots as its weight', async (t) => {
  const [one, two, three] = macs;
  t.match(master(), `mod 3 seed 0x6f6e6576 map { 0 : ${one}, 1 : ${two}, 2 : ${three} } fwd to "server"`);
  const weights = { server1: 1, server2: 2, server3: 3 };
  t.match(
    master({ weights }),
    `mod 6 seed 0x6f6e6576 map { 0 : ${one}, 1-2 : ${two}, 3-5 : ${three} } fwd to "server"`,
  );
  t.match(master({ weights: { server1: 0 } }), `mod 2 seed 0x6f6e6576 map { 0 : ${two}, 1 : ${three} }`);
  t.match(master({ servers: ['server2'] }), `mod 1 seed 0x6f6e6576 map { 0 : ${two} }`);
});

t.test('served ports alone go on; all else for the cluster is dropped', async (t) => {
  t.match(master(), /tcp dport \{ 80, 7 \} .*\n.*udp dport \{ 7 \} .*\n.*icmp type .*\n {4}drop\n/);
  t.match(master({ services: ['http'] }), /tcp dport \{ 80 \} .*\n.*icmp type .*\n {4}drop\n/);
});

t.test('a backup, and a master without a server, drop everything', async (t) => {
  const { backup } = rulesets(own, { plan, folder: '', bpfFolder: '', secrets: [] });
  t.match(backup, /chain cluster \{\n {4}drop\n {2}\}/);
  t.equal(master({ servers: [] }), backup);
});

t.test('a weight that is none is refused', async (t) => {
  for (const weight of [-1, 0.5])
    t.throws(() => master({ weights: { server1: weight } }), { message: /a weight is a/ });
});
