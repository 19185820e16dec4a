import t from 'tap';
import { monotonicNs } from '../../kernel/clock.ts';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { makeInterfaces } from '../kit/rig.ts';
import { openLeased, segment, send } from '../kit/send.ts';
import { CONSTANTS } from './layout.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const LATE_NS = BigInt(CONSTANTS.LEASE_MARGIN_NS);

t.test('the clock of ticks is never ahead, and late by less than the margin of the lease', async (t) => {
  const datapath = openLeased(t);
  const endNs = monotonicNs() + 4n * LATE_NS;
  const seen = new Set<bigint>();
  for (let port = 1; monotonicNs() < endNs; port++) {
    const beforeNs = monotonicNs();
    send(datapath, 'xdp', segment(port, 'syn'));
    const afterNs = monotonicNs();
    const { connection } = [...datapath.connections()].flat().find(({ flow }) => flow.sourcePort === port) ?? {};
    const seenNs = connection?.seenNs ?? 0n;
    if (seenNs > afterNs || seenNs < beforeNs - LATE_NS)
      t.fail(`seen at ${seenNs}, between ${beforeNs} and ${afterNs}`);
    seen.add(seenNs);
  }
  t.ok(seen.size > 4, `${seen.size} instants in 400 ms`);
});
