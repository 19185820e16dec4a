import t from 'tap';
import { act, logged, OVER, told, udp, watched } from './literal-history.ts';
import { pathFaultLogged } from './path-logged.ts';

const PORT = { lan: 'server', node: 'nlb2', leg: 'server' };
const PEER = { ...PORT, node: 'nlb1' };
const MACS = { source: '02:00:00:00:00:0b', destination: '02:00:00:00:00:0c' };
const SEEN = watched('frames', 'server');
const [DROP, LET] = [act(100, 'drop'), act(400, 'let through')];
const check = pathFaultLogged({
  node: 'nlb2',
  reading: 'a',
  port: PORT,
  beatPort: 4694,
  fault: { what: 'drop' },
  mend: { what: 'let through' },
  provedBy: ['access'],
  toldWithinMs: 150,
  agreeWithinMs: 5,
});

const beat = (atMs: number) => {
  const flow = { source: '10.77.2.11', sourcePort: 4694, destination: '10.77.2.12', destinationPort: 4694 };
  return udp({ atMs, from: PEER, to: [PORT] }, MACS, flow);
};
const line = (index: number, monotonicMs: number, fields: Record<string, unknown>) => {
  const head = { seq: index + 1, time: '2026-11-23T07:10:00.230Z', event: 'path', path: 'server' };
  return logged(index, { ...head, monotonicMs, ...fields });
};
const silent = (atMs = 200, more: object = {}) =>
  line(1, atMs, { faulty: true, silentMs: 100, provedBy: 'access', ...more });
const back = (atMs = 500, more: object = {}) => line(2, atMs, { faulty: false, faultyMs: 300, ...more });
const GOOD = [SEEN, DROP, LET, beat(80), beat(100), OVER].flat();

t.test('a path that is silent while the peer lives is reported, and so is its return', async (t) => {
  t.match(told(check, GOOD, silent(), back()), /^pass: nlb2 reported nlb2\/server silent for 100 ms, and its return/);
  t.match(told(check, GOOD, silent(100, { silentMs: 20 }), back()), /^pass/, 'as it begins');
  t.match(told(check, GOOD, beat(300), silent(), back()), /^pass/, 'a beat that comes later');
  const elsewhere = beat(150).map((event) => (event.direction === 'sent' ? event : { ...event, node: 'nlb3' }));
  t.match(told(check, GOOD, elsewhere, silent(), back()), /^pass/, 'or to another');
  t.match(told(check, GOOD, silent(200, { silentMs: '100' }), back()), /^fail: .* 100 ms by the log/, 'no number');
  t.match(told(check, GOOD), /^fail: nlb2 did not report nlb2\/server faulty/);
  t.match(told(check, GOOD, back()), /^fail: nlb2 did not report nlb2\/server faulty/);
  t.match(told(check, GOOD, silent(200, { path: 'access' }), back()), /^fail/, 'another path is not meant');
  t.match(told(check, GOOD, silent()), /^fail: nlb2 did not report the return/);
  t.match(told(check, GOOD, silent(251), back()), /^fail: .* faulty came after 151 ms/);
  t.match(told(check, GOOD, silent(90), back()), /^fail: .* faulty came after -10 ms/, 'before there was any');
  t.match(told(check, GOOD, silent(), back(551)), /^fail: .* back came after 151 ms/);
  t.match(told(check, GOOD, silent(), back(390)), /^fail: .* back came after -10 ms/);
  t.match(told(check, GOOD, silent(), back(), line(3, 600, { faulty: true })), /^fail: .* more .* than one fault/);
  t.match(told(check, GOOD, silent(200, { provedBy: 'address answered' }), back()), /^fail: it was address answered/);
  t.match(told(check, GOOD, silent(200, { silentMs: 90 }), back()), /^fail: .* 90 ms by the log, and for 99.990 ms/);
  t.match(told(check, GOOD, beat(120), silent(), back()), /^fail: .* for 79.990 ms by the packets/);
  t.match(told(check, SEEN, DROP, LET, silent(), back(), OVER), /^fail: .* NaN ms by the packets/);
});

t.test('where nothing was done, or not watched, nothing is known', async (t) => {
  t.match(told(check, SEEN, LET, silent(), back(), OVER), /^unknown: "drop" was not done/);
  t.match(told(check, SEEN, DROP, silent(), back(), OVER), /^unknown: "let through" was not done/);
  t.match(told(check, DROP, LET, beat(100), silent(), back(), OVER), /^unknown: frames of server were not watched/);
});
