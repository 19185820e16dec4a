import { parseArgs } from 'node:util';
import { ifindexOf, makeInterfaces, programsOf } from '../datapath/kit/rig.ts';
import type { BpfObject } from '../kernel/bpf-object.ts';
import { prepareRuns } from '../kernel/bpf-test-run.ts';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { type Cell, measureCell } from './cell.ts';
import { FIRST_CLIENT, frameOf } from './frames.ts';
import { feedStream, loadRig } from './rig.ts';
import { ENDS, mountPins, openScene, type Size } from './scene.ts';
import { SITUATIONS } from './situations.ts';

/**
 * `node nlb/measure/cost.ts [--runs N] [--servers N,N…] [--services N,N…] [--connections N,N…]`: what a packet costs, in
 * each situation and at each size. Prints a Cell as JSON for each, a line each. Needs root.
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
const rig = loadRig();

for (const connections of numbers(values.connections))
  for (const services of numbers(values.services))
    for (const servers of numbers(values.servers)) measureSize(rig, { servers, services }, connections);

function measureSize(rig: BpfObject, size: Size, connections: number): void {
  // By tc, so that neither program is attached as XDP: the kernel calls those that are by jumps that favour one of them.
  const datapath = openScene(size, 'tcp', 'tc');
  const input = { frame: frameOf('tcp', ENDS), ifindex: ifindexOf('access') };
  const stream = { ...ENDS, flows: connections, packetsPerFlow: 2, source: FIRST_CLIENT + 0x1_0000 };
  if (connections > 0) feedStream(rig, programsOf(datapath).xdp(), stream, input.frame, input.ifindex);
  const pair = {
    measured: prepareRuns(programsOf(datapath).xdp(), input),
    floor: prepareRuns(rig.program('do_nothing'), input),
  };
  for (const situation of SITUATIONS) {
    const cell: Cell = { connections, ...measureCell(datapath, pair, situation, size, Number(values.runs)) };
    console.log(JSON.stringify(cell));
  }
  datapath.remove();
}
