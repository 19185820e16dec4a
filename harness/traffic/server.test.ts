import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { ProbeEnded } from '../history/event.ts';
import { LineReader } from './message.ts';
import { type Ending, ended, startClient, startProgram } from './try-programs.ts';

interface Line {
  ready?: true;
  monotonicNs: string;
  protocol: string;
  client: string;
  target: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A server and a client, ready, ended with the test. */
async function pair(t: Ending) {
  const [http, echo] = [await freePort(), await freePort()];
  const args = ['--name', 'server1', '--http', `${http}`, '--echo', `${echo}`, '--echo-udp', `${echo}`];
  const server = startProgram(t, 'server.ts', ...args);
  const lines: Line[] = [];
  const reader = new LineReader();
  const ready = Promise.withResolvers<void>();
  server.stdout.setEncoding('utf8').on('data', (piece: string) => {
    lines.push(...reader.push(piece).map((line) => JSON.parse(line) as Line));
    if (lines[0]?.ready) ready.resolve();
  });
  const { client, recorded } = await startClient(t);
  await ready.promise;
  const finish = async () => {
    server.kill('SIGTERM');
    await once(server.stdout, 'close');
    return lines.slice(1);
  };
  return { client, server, recorded, finish, http: `127.0.0.1:${http}`, echo: `127.0.0.1:${echo}` };
}

const fromOf = (flow: string) => flow.split(' ')[1];
const broken = (probes: readonly ProbeEnded[]) => probes.filter(({ outcome }) => outcome !== 'answered');
const isAnswered = ({ outcome, server }: ProbeEnded) => outcome === 'answered' && server === 'server1';

t.test(
  "HTTP: each request comes from a port of its own, is answered by name, and is in the server's record",
  async (t) => {
    const { client, recorded, finish, http } = await pair(t);
    const { probes, summary } = await client.httpRequests({ target: http, count: 200, concurrency: 10 });
    t.ok(probes.every(isAnswered));
    t.equal(new Set(probes.map(({ flow }) => flow)).size, 200);
    t.equal(new Set(probes.map(({ flow }) => fromOf(flow))).size, 200);
    t.ok(probes.every(({ atNs, answeredNs }) => answeredNs !== undefined && answeredNs > atNs));
    t.equal(summary.sent, 200);
    t.same(
      recorded.filter(({ kind }) => kind === 'probe'),
      probes,
    );
    const served = await finish();
    t.same(served.map((line) => line.client).toSorted(), probes.map(({ flow }) => fromOf(flow)).toSorted());
    t.ok(served.every(({ protocol, target }) => protocol === 'http' && target === http));
  },
);

t.test('TCP flows: every message is answered, byte for byte; the server records each connection once', async (t) => {
  const { client, finish, echo } = await pair(t);
  const flows = await client.startTcpFlows({ target: echo, count: 20, intervalMs: 20, payloadBytes: 3000 });
  await ended(flows, 200);
  const { probes, summary } = await flows.stop();
  t.ok(probes.every(isAnswered));
  t.equal(probes.length, summary.sent);
  const names = new Set(probes.map(({ flow }) => flow));
  t.equal(names.size, 20);
  for (const name of names) {
    const sequences = probes.filter(({ flow }) => flow === name).map(({ sequence }) => sequence);
    t.same(
      sequences,
      sequences.map((_, index) => index),
    );
  }
  const served = await finish();
  t.same(served.map((line) => line.client).toSorted(), [...names].map(fromOf).toSorted());
});

t.test('UDP: 5,000 datagrams a second are answered, and each is in the record with its instant', async (t) => {
  const { client, recorded, finish, echo } = await pair(t);
  const load = await client.startUdpProbes({ target: echo, perSecond: 5000, sourcePorts: 10 });
  await ended(load, 5000);
  const { probes, summary } = await load.stop();
  t.comment(`${summary.sent} sent, latest ${summary.lateMaxMs.toFixed(1)} ms, p99 ${summary.lateP99Ms.toFixed(1)} ms`);
  t.equal(probes.length, summary.sent);
  // What the pacer could not send in time, because the machine was busy, it has left out, and says so.
  const meantSeconds = (summary.sent + summary.missed) / 5000;
  const seconds = (Number(summary.endedNs) - Number(summary.startedNs)) / 1e9;
  t.ok(seconds < meantSeconds + 2.5, `${seconds} s, for what takes ${meantSeconds} s`);
  const answered = probes.filter(isAnswered);
  // A machine that is busy with other tests may hold a program up for longer than a socket's buffer lasts.
  t.ok(answered.length >= probes.length * 0.95, `${answered.length} answered`);
  t.equal(new Set(probes.map(({ flow }) => flow)).size, 10);
  t.match(recorded.at(-1), { kind: 'watched', what: 'probes', where: 'client1', missed: summary.missed });
  const served = await finish();
  t.ok(served.length >= answered.length && served.length <= summary.sent);
  t.ok(
    served.every(({ target }) => target === echo),
    'the address that was asked',
  );
  const [first, ...rest] = served.map(({ monotonicNs }) => BigInt(monotonicNs));
  const earliest = Math.min(...probes.map(({ atNs }) => atNs));
  t.ok(first !== undefined && Number(first) >= earliest, 'on the clock of the client');
  t.ok(
    rest.every((at, index) => at >= (rest[index - 1] ?? first ?? 0n)),
    'in order',
  );
});

t.test('a server that is killed resets its flows, and the answers until then stand', async (t) => {
  const { client, server, echo } = await pair(t);
  const flows = await client.startTcpFlows({ target: echo, count: 5, intervalMs: 20 });
  await ended(flows, 10);
  server.kill('SIGKILL');
  await once(server, 'exit');
  while (broken(flows.probes).length < 5) await pause(5);
  const { probes } = await flows.stop();
  t.equal(new Set(broken(probes).map(({ flow }) => flow)).size, 5);
  t.ok(broken(probes).every(({ outcome }) => outcome === 'reset'));
  t.ok(probes.length - broken(probes).length >= 10);
});
