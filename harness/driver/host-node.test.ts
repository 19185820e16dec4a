import t from 'tap';
import { loadPlan } from '../topology/load.ts';
import { type Enclosure, HostNode } from './host-node.ts';

const PLAN = loadPlan('invention', { servers: 1 });
/** No process has it: the kernel gives at most 2^22. */
const ENDED = 2 ** 22 + 1;

function nodeOf(pids: number[]): HostNode {
  const [plan] = PLAN.nodes;
  if (!plan) throw new Error('the plan has no node');
  const enclosure: Enclosure = {
    group: () => '',
    processes: () => pids,
    words: (command) => command,
    bear: (make) => make(),
    killAll: async () => undefined,
  };
  return new HostNode({ name: 'none', plan: PLAN }, plan, 'none', enclosure);
}

t.test('what a node uses is what its processes use; one that has ended meanwhile uses nothing', async (t) => {
  const { processes, memoryBytes } = await nodeOf([process.pid, ENDED]).usage();
  t.equal(processes, 1);
  t.ok(memoryBytes > 2 ** 20 && memoryBytes <= process.resourceUsage().maxRSS * 1024, `${memoryBytes}`);
  t.same(await nodeOf([]).usage(), { processes: 0, cpuPercent: 0, memoryBytes: 0 });
});
