import t from 'tap';
import { OVER, tcp, told, watched } from './literal-history.ts';
import { goesTo } from './next-hop.ts';

const SERVER1 = { lan: 'server', node: 'server1', leg: 'server' };
const SERVER2 = { ...SERVER1, node: 'server2' };
const [OWN, VIRTUAL, NLB1] = ['02:00:00:00:01:15', '00:00:5e:00:01:35', '02:00:00:00:01:0b'];
const CLUSTER = '203.0.113.10';
const SEEN = watched('frames', 'server');

const reply = (atMs: number, destination: string, { from = SERVER1, source = CLUSTER } = {}) => {
  const ends = { source, sourcePort: 80, destination: '198.51.100.10', destinationPort: 4711 };
  return tcp({ atMs, from, to: [] }, { source: OWN, destination }, { ...ends, flags: ['syn', 'ack'] });
};

t.test('packets go by the station that the route names, and by no other', async (t) => {
  const meant = goesTo({
    port: SERVER1,
    what: 'replies',
    meant: { source: CLUSTER },
    mac: VIRTUAL,
    atLeast: 2,
  });
  const two = [reply(1, VIRTUAL), reply(2, VIRTUAL)].flat();
  t.equal(told(meant, SEEN, two, OVER), `pass: server1/server sent 2 replies to ${VIRTUAL}, and none elsewhere`);
  t.match(told(meant, SEEN, two, reply(3, NLB1), OVER), /^fail: server1\/server sent one of the replies to 02:.*:0b/);
  t.match(told(meant, SEEN, two, reply(3, NLB1, { from: SERVER2 }), OVER), /^pass/, 'another node has its own routes');
  t.match(told(meant, SEEN, two, reply(3, NLB1, { source: '10.77.2.21' }), OVER), /^pass/, 'what is not meant may');
  t.match(told(meant, SEEN, two.slice(1), OVER), /^unknown: .* sent 1 replies .*; 2 were wanted/);
  t.match(told(meant, two, OVER), /^unknown: frames of server were not watched/);
});
