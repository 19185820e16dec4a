import t from 'tap';
import { loadPlan } from '../../topology/load.ts';
import { configuration, masterDownMs } from './configuration.ts';

const FILES = { startScript: '/start', stopScript: '/stop', notifyFifo: '/fifo', notifyScript: '/notify' };

function textFor(topology: string, name: string, options = {}): string {
  const plan = loadPlan(topology);
  const own = plan.nodes.find((node) => node.name === name);
  if (!own) throw new Error(`${topology} has no ${name}`);
  return configuration(own, { plan, folder: '', bpfFolder: '', secrets: [], ...options }, { advertSeconds: 1 }, FILES);
}

t.test('the two are backups at first, of which the primary has the higher priority', async (t) => {
  t.match(textFor('invention', 'nlb1'), /state BACKUP\n {2}interface access\n.*\n {2}priority 150\n {2}advert_int 1\n/);
  t.match(textFor('invention', 'nlb2'), /priority 100\n/);
});

t.test('a primary that returns has the lead back where that is wished', async (t) => {
  t.match(textFor('invention', 'nlb1'), /\n {2}nopreempt\n/);
  t.notMatch(textFor('invention', 'nlb1', { recovery: 'automatic' }), /nopreempt/);
});

t.test('the shared address is labelled, and the cluster address is on the loopback', async (t) => {
  t.match(textFor('invention', 'nlb1'), '10.77.1.100/32 dev access label access:nlbs');
  t.match(textFor('invention', 'nlb1'), '203.0.113.10/32 dev lo scope host label lo:cluster');
  t.notMatch(textFor('prior-art', 'nlb1'), /static_ipaddress/);
});

t.test('a master is missed after three intervals and the skew of the lower priority', async (t) => {
  t.equal(masterDownMs({ advertSeconds: 1 }), 3610);
  t.equal(masterDownMs({ advertSeconds: 0.05 }), 181);
});
