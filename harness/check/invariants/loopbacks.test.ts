import t from 'tap';
import { address, census, OVER, told, watched } from '../literal-history.ts';
import { CLUSTER, SEEN, SETTING } from './literal-setting.ts';
import { loopbacks } from './loopbacks.ts';

const given = (device: string) => address(5, { node: 'nlb1', device, address: `${CLUSTER}/32`, change: 'added' });

t.test('no interface but a loopback is given a cluster address', async (t) => {
  const claim = loopbacks.claim(SETTING);
  const counted = census(1, `server1 lo ${CLUSTER}/32`, 'nlb1 access 10.77.1.11/24');
  t.match(
    told(claim, SEEN, counted, given('lo'), OVER),
    /^pass: 1 times on a loopback/,
    'a node that has stopped has none',
  );
  t.match(told(claim, SEEN, counted, given('access'), OVER), /^fail: nlb1 was given 203.* on access/);
  t.match(told(claim, SEEN, counted, census(9, `server1 server ${CLUSTER}/32`), OVER), /^fail: server1 holds/);
  t.match(told(claim, SEEN, OVER), /^unknown: no census/);
  t.match(told(claim, SEEN, census(1, 'nlb1 access 10.77.1.11/24'), OVER), /^unknown: by a census nobody/);
  const lost = [watched('addresses', 'nlb1', 1), ...SEEN.filter(({ where }) => where !== 'nlb1')];
  t.match(told(claim, lost, counted, OVER), /^unknown: addresses of nlb1 were watched, but 1 were missed/);
  const unseen = SEEN.filter(({ where }) => where !== 'fw1');
  t.match(told(claim, unseen, counted, OVER), /^unknown: addresses of fw1 were not watched/);
});
