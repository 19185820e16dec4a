import fc from 'fast-check';
import t from 'tap';
import { type FlowNumbers, PROTOCOL } from '../specification/flow.ts';
import { openFlowSet } from './flow-set.ts';

/** Few values, at the ends of what they may be, so that flows come again and differ in one of them. */
const word = fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff);
const port = fc.constantFrom(0, 1, 0x8000, 0xffff);
const flow = fc.record<FlowNumbers>({
  protocol: fc.constantFrom(PROTOCOL.tcp, PROTOCOL.udp),
  source: word,
  destination: word,
  sourcePort: port,
  destinationPort: port,
});
const step = fc.record({ does: fc.constantFrom('add' as const, 'remove' as const), flow });

t.test('it has what was added and not removed', async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const [flows, model] = [openFlowSet(), new Set<string>()];
      for (const { does, flow } of steps) {
        const name = JSON.stringify(flow);
        const wasThere = model.has(name);
        if (does === 'add') model.add(name);
        else model.delete(name);
        if (flows[does](flow) !== (does === 'add' ? !wasThere : wasThere)) return false;
        if (flows.size() !== model.size) return false;
      }
      return true;
    }),
    { numRuns: 1000 },
  );
});

t.test('its size follows from what was added', async (t) => {
  const flows = openFlowSet();
  const some = { protocol: PROTOCOL.tcp, source: 1, destination: 2, sourcePort: 3, destinationPort: 4 };
  t.ok(flows.add(some));
  t.notOk(flows.add({ ...some }));
  t.ok(flows.add({ ...some, protocol: PROTOCOL.udp }));
  t.equal(flows.size(), 2);
});
