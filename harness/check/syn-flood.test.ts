import t from 'tap';
import { shown, tcp, told } from './literal-history.ts';
import { flooded } from './syn-flood.ts';

const FW = { lan: 'access', node: 'fw1', leg: 'access' };
const ACCESS = { lan: 'access', node: 'nlb1', leg: 'access' };
const IN = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0b' };
const CLUSTER = '203.0.113.10';

type More = Partial<Parameters<typeof tcp>[2]>;
const begin = (atMs: number, source: string, sourcePort: number, more: More = {}, macs = IN) =>
  tcp({ atMs, from: FW, to: [ACCESS] }, macs, {
    source,
    sourcePort,
    destination: CLUSTER,
    destinationPort: 80,
    flags: ['syn'],
    ...more,
  });

t.test('a flood is many connections, of many addresses, in a short time', async (t) => {
  const options = { port: ACCESS, mac: IN.destination, clusterAddress: CLUSTER, connections: 3, sources: 2 };
  const bit = flooded({ ...options, perSecond: 1000 });
  const two = [...begin(1, '198.18.0.1', 1), ...begin(2, '198.18.0.1', 2)];
  t.equal(
    told(bit, two, begin(3, '198.18.0.2', 1)),
    'pass: 3 connections from 2 addresses were begun at nlb1/access, 1500 a second',
  );
  t.same(shown(bit, two, begin(3, '198.18.0.2', 1)), ['frame 1.01', 'frame 2.01']);
  const just = flooded({ ...options, perSecond: 1500 });
  t.match(told(just, two, begin(3, '198.18.0.2', 1)), /^pass/, 'just so many');
  t.match(told(bit, two, begin(3, '198.18.0.1', 3)), /^unknown: 3 connections from 1 addresses/);
  t.match(told(bit, begin(1, '198.18.0.1', 1), begin(2, '198.18.0.2', 1)), /^unknown: 2 connections from 2 addresses/);
  t.match(told(bit, two, begin(3, '198.18.0.2', 1), begin(90, '198.18.0.2', 1)), /^unknown: .*, 45 a second/);
  t.match(told(bit, two, begin(2, '198.18.0.1', 2)), /^unknown: 2 connections/, 'the same again is none');
  t.match(told(bit, two, begin(3, '198.18.0.2', 1, { flags: ['ack'] })), /^unknown: 2 connections/);
  t.match(told(bit, two, begin(3, '198.18.0.2', 1, { destination: '10.77.1.11' })), /^unknown: 2 connections/);
  const elsewhere = { ...IN, destination: '02:00:00:00:00:0c' };
  t.match(told(bit, two, begin(3, '198.18.0.2', 1, {}, elsewhere)), /^unknown: 2 connections/);
  t.match(told(bit), /^unknown: 0 connections from 0 addresses were begun at nlb1\/access, 0 a second/);
});

t.test('so is one of packets of another kind', async (t) => {
  const options = {
    port: ACCESS,
    mac: IN.destination,
    clusterAddress: CLUSTER,
    connections: 2,
    sources: 2,
    perSecond: 1,
  };
  const acks = flooded({
    ...options,
    of: {
      what: 'guesses',
      meant: { flags: ['ack'] },
    },
  });
  const ack = (atMs: number, source: string) => begin(atMs, source, 1, { flags: ['ack'] });
  t.match(told(acks, ack(1, '198.18.0.1'), ack(2, '198.18.0.2')), /^pass: 2 guesses from 2 addresses/);
  t.match(told(acks, ack(1, '198.18.0.1'), begin(2, '198.18.0.2', 1)), /^unknown: 1 guesses from 1 addresses/);
});
