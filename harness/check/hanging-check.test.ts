import t from 'tap';
import type { TcpFlag } from '../capture/tcp.ts';
import { checksHung } from './hanging-check.ts';
import { OVER, shown, tcp, told, watched } from './literal-history.ts';

const SERVER = { lan: 'server', node: 'server1', leg: 'server' };
const NLB = { lan: 'server', node: 'nlb1', leg: 'server' };
const MACS = { source: '02:00:00:00:01:0b', destination: '02:00:00:00:01:15' };
const ENDS = { source: '10.77.2.11', sourcePort: 4711, destination: '10.77.2.21', destinationPort: 80 };
const BACK = { source: '10.77.2.21', sourcePort: 80, destination: '10.77.2.11', destinationPort: 4711 };
const SEEN = watched('frames', 'server');

const begins = (atMs: number, more: object = {}) => tcp({ atMs, from: NLB, to: [SERVER] }, MACS, { ...ENDS, ...more });
const says = (atMs: number, ...flags: TcpFlag[]) => tcp({ atMs, from: SERVER, to: [NLB] }, MACS, { ...BACK, flags });

t.test('checks hung when connections were begun and none was answered', async (t) => {
  const hung = checksHung({ server: SERVER, from: '10.77.2.11', atLeast: 2 });
  const two = [begins(1), begins(500)].flat();
  t.match(told(hung, SEEN, two, OVER), /^pass: 10.77.2.11 began 2 connections to server1, of which 0 were answered/);
  const elsewhere = tcp({ atMs: 2, from: SERVER, to: [NLB] }, MACS, {
    ...BACK,
    destination: '10.77.2.12',
    flags: ['syn', 'ack'],
  });
  t.match(told(hung, SEEN, two, elsewhere, OVER), /^pass/, 'another may be answered');
  t.match(told(hung, SEEN, begins(1, { flags: ['syn', 'psh'] }), begins(2), OVER), /^pass/, 'whatever else is set');
  t.same(shown(hung, SEEN, two, says(501, 'syn', 'ack'), OVER), ['frame 1.01', 'frame 500.01', 'frame 501']);
  t.match(told(hung, SEEN, two, says(2, 'fin', 'ack'), OVER), /^pass/, 'the end of an earlier one is no answer');
  t.match(told(hung, SEEN, two, says(501, 'syn', 'ack'), OVER), /^unknown: .* 1 were answered/);
  t.match(told(hung, SEEN, begins(1), OVER), /^unknown: .* began 1 connections/);
  t.match(told(hung, SEEN, begins(1), begins(5, { source: '10.77.2.12' }), OVER), /^unknown/, 'those of others');
  t.match(told(hung, SEEN, begins(1), begins(5, { flags: ['ack'] }), OVER), /^unknown/, 'what begins nothing');
  t.match(told(hung, two, OVER), /^unknown: frames of server were not watched/);
});
