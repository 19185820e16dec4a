import t from 'tap';
import type { Flow } from '../datapath/specification/flow.ts';
import { flowName, flowNamed } from './names.ts';

t.test('a flow has the name that both nodes know, and back', async (t) => {
  for (const [protocol, name] of [
    [6, 'tcp 198.51.100.7:40000 > 203.0.113.1:80'],
    [17, 'udp 198.51.100.7:40000 > 203.0.113.1:80'],
  ] as const) {
    const [source, destination] = ['198.51.100.7', '203.0.113.1'] as Flow['source'][];
    const flow = { protocol, source, destination, sourcePort: 40_000, destinationPort: 80 } as Flow;
    t.equal(flowName(flow), name);
    t.same(flowNamed(name), flow);
  }
  t.throws(() => flowNamed('tcp nobody'), RangeError);
});
