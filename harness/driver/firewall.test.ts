import { execFileSync } from 'node:child_process';
import t from 'tap';
import { loadPlan } from '../topology/load.ts';
import type { NodePlan, Plan } from '../topology/plan.ts';
import { ADVERT_SECONDS, filterRules, keepalivedConfig } from './firewall.ts';

const plan = loadPlan('invention');

function nodeOf(of: Plan, name: string): NodePlan {
  const found = of.nodes.find((node) => node.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

const fw1 = nodeOf(plan, 'fw1');

t.test('the filter drops what it does not know, and lets in new connections to the served ports only', async (t) => {
  const rules = filterRules(plan, fw1).split('\n');
  t.same(
    rules.filter((rule) => rule.startsWith(':')),
    [':INPUT DROP [0:0]', ':FORWARD DROP [0:0]', ':OUTPUT ACCEPT [0:0]'],
  );
  const forwards = rules.filter((rule) => rule.startsWith('-A FORWARD'));
  const state = (words: string) => `-m conntrack --ctstate ${words} -j ACCEPT`;
  const served = ['-p tcp --dport 80', '-p tcp --dport 7', '-p udp --dport 7'];
  const outside = ['wan', 'vrrp.51'];
  t.same(forwards, [
    `-A FORWARD ${state('ESTABLISHED,RELATED')}`,
    ...outside.flatMap((device) =>
      served.map((port) => `-A FORWARD -i ${device} -d 203.0.113.10 ${port} ${state('NEW')}`),
    ),
  ]);
});

t.test('the firewall hears VRRP, and answers pings from the private side only', async (t) => {
  const inputs = filterRules(plan, fw1)
    .split('\n')
    .filter((rule) => rule.startsWith('-A INPUT'));
  t.same(inputs, [
    '-A INPUT -i lo -j ACCEPT',
    '-A INPUT -p vrrp -j ACCEPT',
    '-A INPUT -i wan -p icmp -j DROP',
    '-A INPUT -i vrrp.51 -p icmp -j DROP',
    '-A INPUT -p icmp -j ACCEPT',
    '-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
  ]);
});

t.test('every cluster address is served', async (t) => {
  const two = { ...plan, addresses: { ...plan.addresses, cluster: ['203.0.113.10', '203.0.113.20'] } } as Plan;
  t.equal(filterRules(two, fw1).match(/-d 203\.0\.113\.20 /g)?.length, 6);
});

t.test('iptables-restore understands the filter', { skip: process.getuid?.() !== 0 && 'it needs root' }, async (t) => {
  const words = ['--net', 'iptables-restore', '--test'];
  t.doesNotThrow(() => execFileSync('unshare', words, { input: filterRules(plan, fw1), stdio: 'pipe' }));
});

t.test('a firewall without a default route, or without virtual routers, is refused', async (t) => {
  t.throws(() => filterRules(plan, { ...fw1, routes: [] }), { message: /fw1 .* which leg is outside/ });
  t.throws(() => keepalivedConfig(nodeOf(plan, 'nlb1')), { message: 'nlb1 is a firewall without virtual routers' });
});

t.test('keepalived: version 3, a router with a MAC of its own on each leg, all in one sync group', async (t) => {
  const text = keepalivedConfig(fw1);
  t.match(text, '  vrrp_version 3\n');
  t.match(text, '  group { VI_wan VI_access VI_server }\n');
  t.equal(ADVERT_SECONDS, 0.1);
  t.match(keepalivedConfig(fw1, 1), '  advert_int 1\n');
  t.equal(
    text.slice(text.indexOf('vrrp_instance VI_access')).split('\n}\n')[0],
    `vrrp_instance VI_access {
  state BACKUP
  interface access
  use_vmac vrrp.52
  virtual_router_id 52
  priority 150
  advert_int 0.1
  mcast_src_ip 10.77.1.2
  virtual_ipaddress {
    10.77.1.1/32
  }`,
  );
  t.match(keepalivedConfig(nodeOf(plan, 'fw2')), '  priority 100\n');
});
