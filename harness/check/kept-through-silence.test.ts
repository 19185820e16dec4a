import t from 'tap';
import { keptThroughSilence } from './kept-through-silence.ts';
import { OVER, shown, tcp, told, udp, watched } from './literal-history.ts';

const PATH = {
  access: { lan: 'access', node: 'nlb1', leg: 'access' },
  mac: '02:00:00:00:00:0b',
  server: { lan: 'server', node: 'nlb1', leg: 'server' },
};
const [SERVER1, SERVER2] = ['02:00:00:00:01:15', '02:00:00:00:01:16'];
const SEEN = [watched('frames', 'access'), watched('frames', 'server')];
const CLUSTER = '203.0.113.10';

const sent = (atMs: number, sourcePort: number, destination: string, packet = udp, from = PATH.server) => {
  const ends = { source: '198.51.100.10', sourcePort, destination: CLUSTER, destinationPort: 7 };
  return packet({ atMs, from, to: [] }, { source: PATH.mac, destination }, ends);
};
const at = (sourcePort: number, destination: string, ...instants: number[]) =>
  instants.flatMap((atMs) => sent(atMs, sourcePort, destination));

t.test('a flow that was silent speaks to the same server again', async (t) => {
  const options = {
    server: 'server1',
    mac: SERVER1,
    paths: [PATH],
    services: [{ address: CLUSTER, protocol: 'udp' as const, port: 7 }],
    silentMs: 300,
    atLeast: 2,
    atServer: 1,
  };
  const kept = keptThroughSilence(options);
  const both = [at(1, SERVER1, 1, 2, 400), at(2, SERVER2, 1, 2, 400)].flat();
  t.match(told(kept, SEEN, both, OVER), /^pass: 2 flows kept .* more than 300 ms, 1 of them server1/);
  t.same(shown(kept, SEEN, both, OVER), ['frame 2', 'frame 400']);
  const more = [3, 4].flatMap((port) => at(port, SERVER1, 10 + port, 500 + port));
  t.equal(shown(kept, SEEN, both, more, OVER).length, 4, 'two of them');
  t.match(
    told(kept, SEEN, both, at(1, SERVER1, 401), at(2, SERVER2, 401), OVER),
    /^pass: 2 flows/,
    'the longest counts',
  );
  const justSoLong = [at(1, SERVER1, 1, 301), at(2, SERVER2, 1, 301)].flat();
  t.match(told(kept, SEEN, justSoLong, OVER), /^unknown: 0 flows/, 'as long is not longer');
  const PATH2 = { ...PATH, server: { ...PATH.server, node: 'nlb2' } };
  const passedOn = [sent(1, 3, SERVER1, udp, PATH2.server), sent(400, 3, SERVER2)].flat();
  const either = keptThroughSilence({ ...options, paths: [PATH, PATH2] });
  t.match(told(either, SEEN, both, passedOn, OVER), /^fail: .* 3 7 was sent elsewhere/, 'whoever forwarded it');
  const services = [{ address: CLUSTER, protocol: 'tcp' as const, port: 7 }];
  const streams = [
    sent(1, 1, SERVER1, tcp),
    sent(2, 2, SERVER2, tcp),
    sent(400, 1, SERVER1, tcp),
    sent(401, 2, SERVER2, tcp),
  ];
  t.match(told(keptThroughSilence({ ...options, services }), SEEN, ...streams, OVER), /^pass: 2 flows/);
  t.match(
    told(kept, SEEN, both, at(3, SERVER1, 1), at(3, SERVER2, 400), OVER),
    /^fail: 17 198\.51\.100\.10 203\.0\.113\.10 3 7 was sent elsewhere after a silence of 399 ms/,
  );
  t.match(
    told(kept, SEEN, both, at(3, SERVER1, 1), at(3, SERVER2, 300), OVER),
    /^pass/,
    'not after one that was shorter',
  );
  t.match(told(kept, SEEN, at(1, SERVER1, 1, 2, 400), OVER), /^unknown: 1 flows/);
  t.match(told(kept, SEEN, at(1, SERVER2, 1, 400), at(2, SERVER2, 1, 400), OVER), /^unknown: .* 0 of them server1/);
  t.match(told(kept, SEEN, at(1, SERVER1, 1), at(2, SERVER1, 1), OVER), /^unknown: 0 flows/, 'none that spoke no more');
  const overTcp = [1, 400].flatMap((atMs) => sent(atMs, 1, SERVER1, tcp));
  t.match(
    told(kept, SEEN, overTcp, at(2, SERVER2, 1, 400), OVER),
    /^unknown: 1 flows/,
    'of the services that are meant',
  );
  t.match(told(kept, both, OVER), /^unknown: frames of access/);

  const within = keptThroughSilence({ ...options, untilMs: 600 });
  const forgotten = [at(3, SERVER1, 1), at(3, SERVER2, 700)].flat();
  t.match(told(within, SEEN, both, forgotten, OVER), /^pass: 2 flows/, 'who was silent for too long may be moved');
  const justForgotten = [at(3, SERVER1, 1), at(3, SERVER2, 601)].flat();
  t.match(told(within, SEEN, both, justForgotten, OVER), /^pass: 2 flows/);
  t.match(told(kept, SEEN, both, forgotten, OVER), /^fail/);
});
