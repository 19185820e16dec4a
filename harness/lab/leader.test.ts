import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { makeLab, unmakeLab } from '../driver/netns.ts';
import { thisProcess } from '../driver/registry.ts';
import { loadPlan } from '../topology/load.ts';
import { Lab } from './lab.ts';
import { placeOf } from './leader.ts';

const skip = process.getuid?.() === 0 ? false : 'a lab needs root';
const STATE = {
  name: `leader-test-${process.pid}`,
  system: 'keepalived-nft',
  driver: 'netns' as const,
  plan: loadPlan('invention', { servers: 1 }),
  madeAt: new Date().toISOString(),
  owner: thisProcess(),
};
const ALIAS = '10.77.1.100/32';

t.test('who leads is told by the network', { skip }, async (t) => {
  const lab = new Lab(STATE);
  const [one, two] = [lab.node('nlb1'), lab.node('nlb2')];
  const macOf = (name: string) => lab.node(name).home.plan.legs.find((leg) => leg.name === 'access')?.mac ?? '';
  const ip = (node: string, words: string) => lab.node(node).runBeside(['ip', ...words.split(' ')]);
  /** As its notify program writes it. */
  const says = (node: string, state: string) =>
    writeFileSync(path.join(lab.folder, `${node}.keepalived.state`), `${state}\n`);
  const places = async () => [await placeOf(lab, one), await placeOf(lab, two)];
  t.before(async () => {
    await makeLab(STATE);
    mkdirSync(lab.folder, { recursive: true });
    says('nlb1', 'MASTER');
    says('nlb2', 'BACKUP');
  });
  t.after(() => unmakeLab(STATE));

  t.test('one without the address does not lead, whatever it says', async (t) => {
    t.same(await places(), [undefined, 'standby']);
  });

  t.test('one with the address leads, once it says no other thing', async (t) => {
    await ip('nlb1', `address add ${ALIAS} dev access`);
    t.same(await places(), ['active', 'standby']);
    const pair = await lab.pair(1000);
    t.same([pair.active.name, pair.standby.name], ['nlb1', 'nlb2']);
    says('nlb1', 'BACKUP');
    t.same(await places(), [undefined, 'standby']);
  });

  t.test('where two have it, the one at whose hardware address both firewalls find it leads', async (t) => {
    says('nlb1', 'MASTER');
    says('nlb2', 'MASTER');
    await ip('nlb2', `address add ${ALIAS} dev access`);
    const found = (firewall: string, node: string) =>
      ip(firewall, `neigh replace 10.77.1.100 lladdr ${macOf(node)} dev access nud reachable`);
    await found('fw1', 'nlb1');
    await found('fw2', 'nlb2');
    t.same(await places(), [undefined, undefined]);
    await found('fw1', 'nlb2');
    t.same(await places(), [undefined, 'active']);
  });
});
