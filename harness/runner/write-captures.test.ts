import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { readPcapng } from '../capture/pcapng-reader.ts';
import { act, arp, history, udp } from '../check/literal-history.ts';
import type { HistoryEvent } from '../history/event.ts';
import { writeCaptures } from './write-captures.ts';

const MAC = { fw1: '02:00:00:00:00:01', nlb1: '02:00:00:00:00:11' };
const port = (node: string, lan = 'access') => ({ lan, node, leg: lan });

const asking = { operation: 'request', senderMac: MAC.fw1, senderIp: '10.77.1.2', targetIp: '10.77.1.100' } as const;
const flow = { source: '198.51.100.10', sourcePort: 4711, destination: '203.0.113.10', destinationPort: 7, text: 'hi' };
const EVENTS: HistoryEvent[] = history(
  arp({ atMs: 1, from: port('fw1'), to: [port('nlb1')] }, asking),
  act(2, 'nothing that is a frame'),
  udp({ atMs: 3, from: port('fw1'), to: [port('nlb1')] }, { source: MAC.fw1, destination: MAC.nlb1 }, flow),
  udp({ atMs: 4, from: port('nlb1', 'server'), to: [] }, { source: MAC.nlb1, destination: MAC.fw1 }, flow),
);

/** What tcpdump, which shares no code with us, reads in a file. */
const read = (file: string): string[] =>
  execFileSync('tcpdump', ['-r', file, '-n', '-e', '-tt', '--time-stamp-precision=nano'], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
    .trimEnd()
    .split('\n');

t.test('tcpdump reads every frame of a LAN in the LAN’s file, at its instant', async (t) => {
  const folder = t.testdir();
  t.same(writeCaptures(EVENTS, folder).sort(), ['access.pcapng', 'server.pcapng']);
  t.same(readdirSync(folder).sort(), ['access.pcapng', 'server.pcapng']);
  const lines = read(path.join(folder, 'access.pcapng'));
  const expected = [
    /^0\.001000000 .*02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, .*Request who-has 10\.77\.1\.100 tell 10\.77\.1\.2/,
    /^0\.001010000 .*Request who-has/,
    /^0\.003000000 .*02:00:00:00:00:01 > 02:00:00:00:00:11, .*198\.51\.100\.10\.4711 > 203\.0\.113\.10\.7: UDP, length 2/,
    /^0\.003010000 .*UDP, length 2/,
  ];
  t.equal(lines.length, expected.length);
  for (const [index, line] of expected.entries()) t.match(lines[index], line);
  t.match(read(path.join(folder, 'server.pcapng')), [/^0\.004000000 .*UDP, length 2/]);
});

t.test('each port of the switch is an interface, and what its node sent comes in there', async (t) => {
  const folder = t.testdir();
  writeCaptures(EVENTS, folder);
  const { interfaces, packets } = readPcapng(readFileSync(path.join(folder, 'access.pcapng')));
  const told = packets.map((packet) => `${packet.timeNs} ${interfaces[packet.interface]} ${packet.direction}`);
  t.same(told, [
    '1000000 fw1/access incoming',
    '1010000 nlb1/access outgoing',
    '3000000 fw1/access incoming',
    '3010000 nlb1/access outgoing',
  ]);
});

t.test('without frames there is no file', async (t) => {
  const folder = t.testdir();
  t.same(writeCaptures([act(1, 'nothing')], folder), []);
  t.same(readdirSync(folder), []);
});
