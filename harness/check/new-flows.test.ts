import t from 'tap';
import { act, type Flow, OVER, probe, shown, tcp, told, udp, watched } from './literal-history.ts';
import { noNewFlowTo } from './new-flows.ts';

const FW = { lan: 'access', node: 'fw1', leg: 'access' };
const ACCESS = { lan: 'access', node: 'nlb1', leg: 'access' };
const SERVER = { lan: 'server', node: 'nlb1', leg: 'server' };
const NLB = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0b' };
const SERVER1 = '02:00:00:00:01:15';
const SERVER2 = '02:00:00:00:01:16';
const HTTP = { address: '203.0.113.10', protocol: 'tcp' as const, port: 80 };
const ECHO = { ...HTTP, protocol: 'udp' as const, port: 7 };
const SEEN = [watched('frames', 'access'), watched('frames', 'server')];
const KILL = act(100, 'kill');

const PATHS = [{ access: ACCESS, mac: NLB.destination, server: SERVER }];
const options = { server: 'server1', mac: SERVER1, paths: PATHS, after: { what: 'kill' }, detectedMs: 50, atLeast: 1 };
const ends = (sourcePort: number, destinationPort: number) => {
  return { source: '198.51.100.10', sourcePort, destination: HTTP.address, destinationPort };
};

/** A packet of a client at the load balancer, and a tenth of a millisecond later on its way to a server. */
function forwarded(atMs: number, sourcePort: number, mac: string, more: Partial<Flow> = {}, packet = tcp) {
  const flow = { ...ends(sourcePort, packet === tcp ? HTTP.port : ECHO.port), ...more };
  const out = { source: NLB.destination, destination: mac };
  const leaves = { atMs: atMs + 0.1, from: SERVER, to: [] };
  return [packet({ atMs, from: FW, to: [ACCESS] }, NLB, flow), packet(leaves, out, flow)].flat();
}

t.test('a server that has failed is sent no new connection', async (t) => {
  const none = noNewFlowTo({ ...options, services: [HTTP] });
  const before = [SEEN, forwarded(1, 1, SERVER1), KILL].flat();
  const other = forwarded(160, 2, SERVER2);
  t.match(told(none, before, other, OVER), /^pass: none of 1 later flows was sent to server1/);
  t.same(shown(none, before, other, OVER), ['act 100', 'frame 1.1']);
  for (const flags of [['ack'], ['syn', 'ack'], ['rst']] as const) {
    const packet = forwarded(170, 9, SERVER1, { flags: [...flags] });
    t.match(told(none, before, packet, other, OVER), /^pass/, `${flags.join(' ')} begins no connection`);
  }
  t.match(told(none, before, forwarded(149.99, 4, SERVER1), other, OVER), /^fail/, 'as soon as it could be known');
  const [access, mac] = [{ ...ACCESS, node: 'nlb2' }, '02:00:00:00:00:0c'];
  const second = { access, mac, server: { ...SERVER, node: 'nlb2' } };
  const either = noNewFlowTo({ ...options, paths: [...PATHS, second], services: [HTTP] });
  const earlier = tcp({ atMs: 90, from: FW, to: [access] }, { ...NLB, destination: mac }, ends(5, HTTP.port));
  t.match(told(either, before, earlier, forwarded(170, 5, SERVER1), other, OVER), /^pass/, 'it began at the other one');
  t.match(
    told(none, SEEN, KILL, forwarded(120, 3, SERVER1), other, OVER),
    /^unknown: no flow was sent to server1 before/,
  );
  t.match(
    told(none, before, forwarded(160, 2, SERVER1), probe(160, { flow: 'c', outcome: 'lost' }), OVER),
    /^fail: a flow that began later was sent to server1: tcp 198\.51\.100\.10:2 > 203\.0\.113\.10:80/,
    'though it is dead and answers nothing',
  );
  t.match(told(none, before, forwarded(120, 3, SERVER1), other, OVER), /^pass/, 'before it could be known');
  const again = [forwarded(120, 3, SERVER1), forwarded(1120, 3, SERVER1)].flat();
  t.match(told(none, before, again, other, act(1200, 'over')), /^pass/, 'a SYN that is sent again begins nothing');
  const acknowledged = forwarded(170, 1, SERVER1, { flags: ['ack'] });
  t.match(told(none, before, acknowledged, other, OVER), /^pass/, 'what it has goes on');
  const portsAgain = forwarded(170, 1, SERVER1, { sequence: 4711 });
  t.match(told(none, before, portsAgain, other, OVER), /^pass: none of 1 later/, 'nor do the ports of what it has had');
  t.match(told(none, before, forwarded(170, 4, SERVER1, { sequence: 4711 }), other, OVER), /^fail/);
  t.match(told(none, SEEN, forwarded(1, 1, SERVER2), KILL, other, OVER), /^unknown: no flow was sent to server1/);
  t.match(told(none, before, OVER), /^unknown: 0 flows began later/);
  t.match(told(none, SEEN, forwarded(1, 1, SERVER1), other, OVER), /^unknown: "kill" was not done/);
  t.match(told(none, before.slice(1), other, OVER), /^unknown: frames of access were not watched/);
});

t.test('nor a new flow of datagrams', async (t) => {
  const none = noNewFlowTo({ ...options, services: [ECHO] });
  const before = [SEEN, forwarded(1, 1, SERVER1, {}, udp), KILL].flat();
  const other = forwarded(160, 2, SERVER2, {}, udp);
  t.match(told(none, before, other, OVER), /^pass: none of 1 later flows/);
  t.match(told(none, before, other, forwarded(161, 3, SERVER1, {}, udp), OVER), /^fail: .*: udp 198\.51\.100\.10:3/);
  t.match(
    told(none, before, other, forwarded(161, 1, SERVER1, {}, udp), OVER),
    /^pass/,
    'one that was there is not new',
  );
  t.match(
    told(none, before, forwarded(160, 2, SERVER1), OVER),
    /^unknown: 0 flows/,
    'another service is no part of it',
  );
});
