import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { type DatapathOptions, openDatapath } from './datapath.ts';
import { openHeldFlowsFrom } from './held-flows.ts';
import type { HeldFlowsThreadOptions } from './kit/held-flows-thread.ts';
import { makeNode } from './kit/node.ts';
import { CLUSTER, holdLease, MAC, options, pinDirectory, rowOf, tables, withoutSlots } from './kit/rig.ts';
import { FOREVER_NS, type Scope, segment, send } from './kit/send.ts';
import { CONSTANTS } from './program/layout.ts';
import type { Exception } from './specification/knowledge.ts';
import { held } from './tables/slot.ts';

/** Held flows in a thread that does not have the data path, and parts that are posted to it. */

enterPrivateNamespaces(import.meta.url);
const peers = makeNode(t);

const WEB = `tcp ${CLUSTER}:80`;
const SERVER0 = { server: 0, serverAddress: '10.77.2.20', isSettled: true } as Exception;
const slotsOf = (content: number) =>
  Array.from({ length: CONSTANTS.SELECTION_SLOTS }, (_, slot) => ({ slot, content }));

function open(t: Scope, mode: DatapathOptions['mode']) {
  const datapath = openDatapath({ ...options(pinDirectory(t)), maxExceptions: 1000, mode, first: tables() });
  t.teardown(() => datapath.remove());
  datapath.apply(withoutSlots(tables()));
  holdLease(datapath.leaseFd, FOREVER_NS);
  const parts = datapath.heldFlowsParts?.();
  if (!parts) throw new Error(`a data path in mode ${datapath.mode} holds nothing`);
  return { datapath, parts };
}

for (const mode of ['xdp', 'tc'] as const)
  t.test(
    `by ${mode} another thread takes a frame that is held, and sends it to the server of its exception`,
    async (t) => {
      const { datapath, parts } = open(t, mode);
      const orders: HeldFlowsThreadOptions = {
        ...{ parts, row: rowOf(datapath, WEB), slots: slotsOf(held(1)), exception: SERVER0 },
      };
      const worker = new Worker(new URL('kit/held-flows-thread.ts', import.meta.url), {
        workerData: orders,
        trackUnmanagedFds: false,
      });
      // Its end may come together with its last message.
      const ended = once(worker, 'exit');
      t.same(await once(worker, 'message'), ['held']);
      t.equal(datapath.actual().services[1]?.slots[7], held(1), 'this thread sees what the other has written');
      const syn = segment(4000, 'syn');
      peers.send(syn);
      const [{ flow, released, walked }] = await once(worker, 'message');
      t.match([flow, released], [{ sourcePort: 4000, destination: CLUSTER }, true]);
      t.match(walked, [{ flow: { sourcePort: 4000 }, server: 0, serverAddress: '10.77.2.20' }]);
      t.equal(
        peers.next('server').toString('hex', 0, syn.length),
        `${MAC.server0}${MAC.server}`.replaceAll(':', '') + syn.toString('hex', 12),
      );
      const { HELD, FORWARDED_NEW, RELEASED } = datapath.outcomes();
      t.same([HELD.packets, FORWARDED_NEW.packets, RELEASED.packets], [1n, 1n, 1n]);
      t.same(await ended, [0]);
    },
  );

t.test('frames go on by the program of the mode that it is told of', async (t) => {
  const { datapath, parts } = open(t, 'xdp');
  const heldFlows = openHeldFlowsFrom({ ...parts, program: datapath.programs?.tc() ?? -1 });
  t.teardown(() => heldFlows.close());
  heldFlows.putSlots(rowOf(datapath, WEB), slotsOf(held(1)));
  send(datapath, 'xdp', segment(4000, 'syn'));
  const [frame] = heldFlows.frames.take(1);
  if (!frame) throw new Error('nothing is held');
  heldFlows.exceptions.put(frame.flow, SERVER0);
  t.throws(() => heldFlows.release(frame), 'the program is no XDP program');
  heldFlows.useMode('tc', datapath.programs?.tc() ?? -1);
  t.ok(heldFlows.release(frame));
  heldFlows.useMode(parts.mode, parts.program);
  t.ok(heldFlows.release(frame));
});
