import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { holdLease, ifindexOf, MAC, makeInterfaces, programsOf } from '../datapath/kit/rig.ts';
import { prepareRuns, runProgram } from '../kernel/bpf-test-run.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { SyscallError } from '../kernel/syscall-error.ts';
import { type CostSample, interquartileMean, measureCost } from './cost-sample.ts';
import { frameOf, setFlag, setFlow } from './frames.ts';
import { ADDRESS_PAIR, mountPins, openLoadBalancer } from './load-balancer.ts';
import { feedStream, loadRig, makeFrames, setNewHop, setStream } from './rig.ts';
import { ROUND_ROBIN_FLOWS, WORKLOADS } from './workloads.ts';

enterPrivateNamespaces(import.meta.url);

const [EPERM, EINTR] = [1, 4];
const [XDP_PASS, XDP_REDIRECT] = [2, 4];

t.test('the program measures each workload at each size, and says how many connections there were', async (t) => {
  const words = ['--runs', '300', '--servers', '3,20', '--services', '5', '--connections', '0,2000'];
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, 'cost.ts'), ...words], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  t.equal(stderr, '');
  t.equal(status, 0);
  const [first = '', ...lines] = stdout.trimEnd().split('\n');
  t.same(JSON.parse(first), { expected: 4 * WORKLOADS.length });
  const samples = lines.map((line) => JSON.parse(line) as CostSample);
  const named = samples.map(({ connections, servers, workload, present }) => [connections, servers, workload, present]);
  const timesOf = (name: string): number => WORKLOADS.find((workload) => workload.name === name)?.times ?? 0;
  const [opened, known] = [300 * timesOf('new'), 1 + ROUND_ROBIN_FLOWS];
  const expected = [0, 2000].flatMap((connections) =>
    [3, 20].flatMap((servers) => [
      [connections, servers, 'established', connections + 1],
      [connections, servers, 'round-robin', connections + known],
      [connections, servers, 'new', connections + known],
      [connections, servers, 'first ACK', connections + known + opened],
      [connections, servers, 'short', connections + known + opened + 300 * timesOf('first ACK')],
    ]),
  );
  const shown = named.filter(([, , workload]) => workload !== 'flood');
  const without = (rows: readonly unknown[][]) => rows.map((row) => row.slice(0, 3));
  t.same(without(shown), without(expected));
  for (const [index, [, , , present = 0]] of shown.entries()) {
    const missing = Number(expected[index]?.[3]) - Number(present);
    // A third half-open connection in a group, which has rows for two, replaces the oldest.
    t.ok(missing >= 0 && missing <= 9, `${missing} of ${present} are missing`);
  }
  const floods = samples.filter(({ workload }) => workload === 'flood');
  t.equal(floods.length, 4);
  for (const { present, connections } of floods) t.ok(present > connections + known + opened, `${present} in a flood`);
  for (const { workload, runs, services, ns, leastNs, floorNs } of samples) {
    t.same([runs, services], [300 * timesOf(workload), 5]);
    t.ok(floorNs > 0 && Math.min(ns, leastNs) > floorNs, `${ns} ns, the least ${leastNs}, the floor ${floorNs}`);
  }
});

t.test('in a namespace of this test', async (t) => {
  mountPins();
  makeInterfaces();
  const rig = loadRig(1000);
  const size = { servers: 3, services: 4 };
  const datapath = openLoadBalancer(size, 'tcp', 'tc');
  t.teardown(() => datapath.remove());
  const input = { frame: frameOf('tcp', ADDRESS_PAIR), ifindex: ifindexOf('access') };
  const runners = () => ({
    measured: prepareRuns(programsOf(datapath).xdp(), input),
    least: prepareRuns(rig.program('forward_least'), input),
    floor: prepareRuns(rig.program('do_nothing'), input),
  });

  t.test('a stream that is fed to the data path makes as many connections as it has flows', async (t) => {
    const before = datapath.connectionCount();
    feedStream(
      rig,
      programsOf(datapath).xdp(),
      { ...ADDRESS_PAIR, flows: 70_000, packetsPerFlow: 2 },
      input.frame,
      input.ifindex,
    );
    t.equal(datapath.connectionCount() - before, 70_000);
  });

  t.test('the least forwarder sends a flow to where it went first, readdressed', async (t) => {
    const least = rig.program('forward_least');
    const send = (frame: Buffer) => runProgram(least, { ...input, frame, hook: 'xdp' });
    const [first, second] = [
      { to: MAC.server0, from: MAC.server },
      { to: MAC.server1, from: MAC.access },
    ];
    setNewHop(rig, first, 1);
    const sent = send(input.frame);
    setNewHop(rig, second, 2);
    t.same([sent.verdict, send(input.frame).frame], [XDP_REDIRECT, sent.frame]);
    t.same(sent.frame, frameOf('tcp', first));
    const other = frameOf('udp', ADDRESS_PAIR);
    t.same(send(other).frame, frameOf('udp', second));
    t.equal(send(other.subarray(0, 20)).verdict, XDP_PASS);
  });

  t.test('a stream that is interrupted goes on where it was', async (t) => {
    setStream(rig, { ...ADDRESS_PAIR, flows: 10, packetsPerFlow: 1 });
    const asked: number[] = [];
    makeFrames(rig.map('stream'), 100, (frames) => {
      asked.push(frames);
      runProgram(rig.program('feed'), { ...input, hook: 'xdp', repeat: asked.length === 1 ? 30 : frames });
      if (asked.length === 1) throw new SyscallError('test-run program', 'a frame', EINTR);
    });
    t.same(asked, [100, 70]);
    const refuse = (): never => {
      throw new SyscallError('test-run program', 'a frame', EPERM);
    };
    t.throws(() => makeFrames(rig.map('stream'), 101, refuse), { message: /EPERM/ });
  });

  t.test('frames with other outcomes than the workload is about are an error, and no figure', async (t) => {
    holdLease(datapath.leaseFd, monotonicNs());
    for (const workload of WORKLOADS) {
      const measure = () => measureCost(datapath, runners(), workload, size, 10);
      const { name, times, steps } = workload;
      const frames = 10 * times * steps.filter(({ outcome }) => outcome === steps[0]?.outcome).length;
      t.throws(measure, { message: `${name}: 0 of ${frames} frames were ${steps[0]?.outcome}` });
    }
  });
});

t.test('the interquartile mean is that of the middle half', async (t) => {
  const table: [number[], number][] = [
    [[7], 7],
    [[9, 1], 5],
    [[9, 1, 5], 5],
    [[4, 1, 3, 200], 3.5],
    [[80, 80, 90, 90, 90, 80, 5000, 10], 85],
  ];
  for (const [sample, expected] of table) t.equal(interquartileMean(Uint32Array.from(sample)), expected);
});

t.test('frames are what they are said to be, down to the checksum', async (t) => {
  const addresses = { to: '02:00:00:00:00:01', from: '02:00:00:00:00:11' };
  const rest = '02000000000102000000001108004500';
  const tcp = frameOf('tcp', addresses);
  t.equal(tcp.toString('hex', 0, 16), rest);
  t.equal(tcp.toString('hex', 16, 54), '002800004000400638b3c6120000cb00710a0000000100000000000000005002000000000000');
  t.equal(frameOf('udp', addresses).toString('hex', 16, 42), '001c00004000401138b4c6120000cb00710a0000000100080000');
  setFlow(tcp, 0xc6120102, 4000, 80);
  setFlag(tcp, 'ack');
  t.equal(tcp.toString('hex', 26, 54), 'c6120102cb00710a0fa0005000000000000000005010000000000000');
});
