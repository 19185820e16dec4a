import { parseArgs } from 'node:util';
import { withSpareBuckets } from '../datapath/attach/program.ts';
import { ifindexOf, MAC, makeInterfaces, programsOf } from '../datapath/kit/rig.ts';
import type { BpfObject } from '../kernel/bpf-object.ts';
import { prepareRuns } from '../kernel/bpf-test-run.ts';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { type CostSample, measureCost } from './cost-sample.ts';
import { FIRST_CLIENT, frameOf } from './frames.ts';
import { ADDRESS_PAIR, macOf, mountPins, openLoadBalancer, SIZES, type Size } from './load-balancer.ts';
import { feedStream, loadRig, setNewHop } from './rig.ts';
import { WORKLOADS } from './workloads.ts';

/**
 * `node nlb/measure/cost.ts [--runs N] [--servers N,N…] [--services N,N…] [--connections N,N…]`: what a packet costs, in
 * each workload and at each size. Prints as JSON, a line each, how many samples are to come, and then each CostSample. Needs root.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    servers: { type: 'string', default: '3,100,1000' },
    services: { type: 'string', default: '1,512' },
    connections: { type: 'string', default: '0,1000000' },
  },
});
const numbers = (list: string): number[] => list.split(',').map(Number);

enterPrivateNamespaces(import.meta.url);
mountPins();
makeInterfaces();
const rig = loadRig(withSpareBuckets(SIZES.maxConnections));
setNewHop(rig, { to: macOf(0), from: MAC.server }, ifindexOf('server'));

const sizes = numbers(values.connections).flatMap((connections) =>
  numbers(values.services).flatMap((services) =>
    numbers(values.servers).map((servers) => ({ size: { servers, services }, connections })),
  ),
);
console.log(JSON.stringify({ expected: sizes.length * WORKLOADS.length }));
for (const { size, connections } of sizes) measureSize(rig, size, connections);

function measureSize(rig: BpfObject, size: Size, connections: number): void {
  // Attached by tc, so that no XDP program is attached: the kernel's calls of those favour one program.
  const datapath = openLoadBalancer(size, 'tcp', 'tc');
  const input = { frame: frameOf('tcp', ADDRESS_PAIR), ifindex: ifindexOf('access') };
  const stream = { ...ADDRESS_PAIR, flows: connections, packetsPerFlow: 2, source: FIRST_CLIENT + 0x1_0000 };
  const programs = {
    floor: rig.program('do_nothing'),
    least: rig.program('forward_least'),
    measured: programsOf(datapath).xdp(),
  };
  for (const program of connections > 0 ? [programs.least, programs.measured] : [])
    feedStream(rig, program, stream, input.frame, input.ifindex);
  const runners = {
    floor: prepareRuns(programs.floor, input),
    least: prepareRuns(programs.least, input),
    measured: prepareRuns(programs.measured, input),
  };
  for (const workload of WORKLOADS) {
    const sample: CostSample = { connections, ...measureCost(datapath, runners, workload, size, Number(values.runs)) };
    console.log(JSON.stringify(sample));
  }
  datapath.remove();
}
