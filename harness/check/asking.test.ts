import t from 'tap';
import { asked, asks, asksAtMostEvery, asksOnlyInSilence } from './asking.ts';
import { act, arp, OVER, shown, told, udp, watched } from './literal-history.ts';

const NLBS = '10.77.1.100';
const SEEN = watched('frames', 'access');
const port = (node: string) => ({ lan: 'access', node, leg: 'access' });
const ports = [port('nlb1'), port('nlb2')];

const ask = (atMs: number, from: string, to: string[], targetIp = NLBS, senderIp = '10.77.1.12') =>
  arp(
    { atMs, from: port(from), to: to.map(port) },
    { operation: 'request', senderMac: '02:00:00:00:00:0c', senderIp, targetIp },
  );

t.test('a port asks for the address, so often', async (t) => {
  const often = asks({ address: NLBS, port: port('nlb2'), atLeast: 2 });
  const twice = [10, 20].flatMap((atMs) => ask(atMs, 'nlb2', ['nlb1']));
  t.match(told(often, SEEN, twice, OVER), 'pass: nlb2/access asked 2 times for 10.77.1.100');
  t.match(told(often, SEEN, twice.slice(2), OVER), /^fail: .* 1 times .* 2 were wanted/);
  t.same(shown(often, SEEN, twice, ask(30, 'nlb2', []), OVER), ['frame 10', 'frame 20']);
  const reply = { operation: 'reply', senderMac: '02:00:00:00:00:0c', senderIp: '10.77.1.12', targetIp: NLBS } as const;
  const answers = arp({ atMs: 15, from: port('nlb2'), to: [] }, reply);
  t.match(told(often, SEEN, twice.slice(2), answers, OVER), /^fail: .* 1 times/, 'to answer is not to ask');
  t.match(told(often, SEEN, ask(10, 'nlb2', []), ask(20, 'nlb2', [], '10.77.1.2'), OVER), /^fail/, 'for another');
  t.match(told(often, SEEN, ask(10, 'nlb2', []), ask(20, 'nlb2', [], NLBS, NLBS), OVER), /^fail/, 'an announcement');
  t.match(told(often, SEEN, ask(10, 'nlb1', []), ask(20, 'nlb1', []), OVER), /^fail/, 'another asker');
  t.match(told(often, OVER), /^unknown: frames of access/);
});

const beat = (atMs: number, to: string) =>
  udp(
    { atMs, from: port('nlb1'), to: [port(to)] },
    { source: '02:00:00:00:00:0b', destination: '02:00:00:00:00:0c' },
    {
      source: '10.77.1.11',
      sourcePort: 4694,
      destination: '10.77.1.12',
      destinationPort: 4694,
    },
  );

t.test('a port asks for the address only while its node hears nothing', async (t) => {
  const options = {
    address: NLBS,
    port: port('nlb2'),
    ports: [port('nlb2')],
    beatPort: 4694,
    silentMs: 30,
    atLeast: 2,
  };
  const deaf = asksOnlyInSilence(options);
  const beats = [10, 30, 100].flatMap((atMs) => beat(atMs, 'nlb2'));
  t.match(told(deaf, SEEN, beats, OVER), /^pass: 3 heartbeats came to nlb2, and it asked 0 times/);
  t.match(told(deaf, SEEN, beats, ask(70, 'nlb2', []), OVER), /^pass: .* it asked 1 times/, 'after 40 ms of silence');
  t.match(told(deaf, SEEN, beats, ask(102, 'nlb2', []), OVER), /^pass/, 'one that came in that moment is not read yet');
  t.match(told(deaf, SEEN, beats, ask(105.01, 'nlb2', []), OVER), /^pass/, '5 ms later');
  t.match(told(deaf, SEEN, beats, ask(106, 'nlb2', []), OVER), /^fail/);
  t.match(told(deaf, SEEN, beats, ask(60.01, 'nlb2', []), OVER), /^pass/, 'after 30 ms');
  t.same(shown(deaf, SEEN, beats, ask(50, 'nlb2', []), OVER), ['frame 30.01', 'frame 50']);
  t.same(shown(deaf, SEEN, beats, OVER), ['frame 10.01']);
  t.match(told(deaf, SEEN, beats.slice(2), OVER), /^pass: 2 heartbeats/);
  const question = {
    operation: 'request',
    senderMac: '02:00:00:00:00:0c',
    senderIp: '10.77.1.12',
    targetIp: NLBS,
  } as const;
  const ofPeer = arp({ atMs: 50, from: port('nlb2'), to: [] }, { ...question, destination: '02:00:00:00:00:0b' });
  t.match(told(deaf, SEEN, beats, ofPeer, OVER), /^pass: .* asked 0 times/, 'its peer alone it may ask');
  t.match(told(deaf, SEEN, beats, ask(50, 'nlb2', []), OVER), /^fail: .* once though it had just heard one/);
  t.match(told(deaf, SEEN, beats, ask(50, 'nlb1', []), OVER), /^pass/, 'another asker');
  t.match(told(deaf, SEEN, beat(10, 'nlb2'), beat(30, 'nlb1'), OVER), /^unknown: 1 heartbeats .* 2 were wanted/);
  t.match(told(deaf, beats, OVER), /^unknown: frames of access/);
});

t.test('each of several ports was asked, so often', async (t) => {
  const both = asked({ address: NLBS, ports, atLeast: 2 });
  const twice = [10, 20].flatMap((atMs) => ask(atMs, 'fw1', ['nlb1', 'nlb2'], NLBS, '10.77.1.2'));
  t.match(told(both, SEEN, twice, OVER), 'pass: 2 requests reached nlb1/access, 2 requests reached nlb2/access');
  t.same(shown(both, SEEN, twice, OVER), ['frame 10.01', 'frame 10.01']);
  const one = [10, 20].flatMap((atMs) => ask(atMs, 'fw1', ['nlb1'], NLBS, '10.77.1.2'));
  t.match(told(both, SEEN, one, OVER), /^unknown: 2 .* 0 requests reached nlb2\/access; 2 were wanted/);
  t.match(told(both, twice, OVER), /^unknown: frames of access/);
  t.match(told(asked({ address: NLBS, ports: [], atLeast: 0 }), SEEN, OVER), /^unknown/, 'nobody was to be asked');
});

t.test('a port asks no more than once in so long', async (t) => {
  const cut = act(5, 'cut');
  const rare = asksAtMostEvery({ address: NLBS, port: port('nlb2'), everyMs: 100, after: { what: 'cut' }, atLeast: 3 });
  const at = (...instants: number[]) => instants.flatMap((atMs) => ask(atMs, 'nlb2', []));
  t.equal(
    told(rare, SEEN, cut, at(10, 110, 215), OVER),
    'pass: nlb2/access asked 3 times for 10.77.1.100, no two in less than 100 ms',
  );
  t.match(told(rare, SEEN, cut, at(10, 102, 215), OVER), /^pass/, 'a tick less is the kernel’s way of counting');
  t.match(told(rare, SEEN, cut, at(10, 100, 215), OVER), /^pass/, 'a whole one');
  t.match(told(rare, SEEN, cut, at(5, 10, 110, 215), OVER), /^pass: .* 3 times/, 'that very moment is not after it');
  t.same(shown(rare, SEEN, cut, at(10, 110, 215), OVER), ['act 5', 'frame 10', 'frame 110', 'frame 215']);
  t.match(told(rare, SEEN, cut, at(10, 90, 215), OVER), /^fail: .* asked 3 times .*, two of them within 80 ms/);
  t.match(told(rare, SEEN, cut, at(1, 10, 110, 215), OVER), /^pass/, 'one of before the act');
  t.match(told(rare, SEEN, cut, at(10, 110, 215), ask(50, 'nlb1', []), OVER), /^pass/, 'another asker');
  const answer = (atMs: number) =>
    arp(
      { atMs, from: port('nlb1'), to: [port('nlb2')] },
      { operation: 'reply', senderMac: '02:00:00:00:00:0b', senderIp: NLBS, targetIp: '10.77.1.12' },
    );
  t.match(told(rare, SEEN, cut, at(10, 110, 215), answer(216), at(240), OVER), /^pass: .* 3 times/, 'after the answer');
  t.match(
    told(rare, SEEN, cut, at(10, 110, 215, 216), answer(215.99), OVER),
    /^pass: .* 3 times/,
    'at that very moment',
  );
  const heardOf = (atMs: number, fields: object, to: string) =>
    arp(
      { atMs, from: port('nlb1'), to: [port(to)] },
      { operation: 'reply', senderMac: '02:00:00:00:00:0b', senderIp: NLBS, targetIp: '10.77.1.12', ...fields },
    );
  const none = {
    'to another': heardOf(50, {}, 'fw1'),
    'for another address': heardOf(50, { senderIp: '10.77.1.11' }, 'nlb2'),
    'an announcement': heardOf(50, { operation: 'request' }, 'nlb2'),
    'before the act': heardOf(2, {}, 'nlb2'),
    'at its end': heardOf(4.99, {}, 'nlb2'),
  };
  for (const [what, reply] of Object.entries(none)) {
    t.match(told(rare, SEEN, cut, at(10, 110, 215), reply, OVER), /^pass: .* 3 times/, `no answer: ${what}`);
  }
  t.match(
    told(rare, SEEN, cut, at(10, 110, 215), answer(250), at(240), OVER),
    /^fail: .* 4 times/,
    'before the answer',
  );
  t.match(told(rare, SEEN, cut, at(10, 110), OVER), /^unknown: .* asked 2 times .*; 3 were wanted/);
  const heard = asksAtMostEvery({
    address: NLBS,
    port: port('nlb2'),
    everyMs: 100,
    after: { what: 'cut' },
    atLeast: 3,
    whileHeard: { ports: [port('nlb2')], beatPort: 4694, silentMs: 30 },
  });
  const beats = [0, 20, 100, 200, 220].flatMap((atMs) => beat(atMs, 'nlb2'));
  t.match(
    told(heard, SEEN, cut, beats, at(10, 60, 65, 110, 215), OVER),
    /^pass: .* asked 3 times/,
    'in silence, too, as fast as it likes',
  );
  t.match(told(heard, SEEN, cut, beats, at(10, 40, 110, 215), OVER), /^fail: .* within 30 ms/, 'while it hears');
  t.match(told(rare, SEEN, at(10, 110, 215), OVER), /^unknown: "cut" was not done/);
  t.match(told(rare, cut, at(10, 110, 215), OVER), /^unknown: frames of access/);
});
