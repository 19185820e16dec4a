import t from 'tap';
import type { HeldFlows } from '../datapath/held-flows.ts';
import { openLiveCounts } from './live-counts.ts';

const SLOTS = 4;
/** Flows of which the source port is the number of the slot. */
const numbersOf = (sourcePort: number) => ({
  ...{ protocol: 6, source: 1, destination: 2, sourcePort, destinationPort: 80 },
  ...{ server: 0, serverAddress: 0, service: 0 },
});

function scene(...steps: number[][]) {
  const [times, flows] = [{ nowMs: 0 }, { steps }];
  const walk: HeldFlows['walk'] = function* (isWanted = () => true) {
    for (const step of flows.steps) {
      for (const slot of step) isWanted(numbersOf(slot));
      yield [];
    }
  };
  const slotOf = ({ sourcePort }: { sourcePort: number }) => (sourcePort < 100 ? sourcePort : undefined);
  const counts = openLiveCounts({ walk }, { slotOf }, SLOTS, () => times.nowMs);
  const of = (pool: number) => [...counts.from(pool * SLOTS)];
  return { counts, times, flows, of };
}

t.test('connections are counted by slot, and the count holds until there is another whole one', async (t) => {
  const { counts, times, flows, of } = scene([0, 5], [5, 100]);
  for (let ticks = 0; ticks < 2; ticks++) counts.tick();
  t.same(of(1), [0, 0, 0, 0], 'not yet');
  counts.tick();
  t.same(
    [of(0), of(1), of(2)],
    [
      [1, 0, 0, 0],
      [0, 2, 0, 0],
      [0, 0, 0, 0],
    ],
  );

  flows.steps = [[3]];
  for (let ticks = 0; ticks < 5; ticks++) counts.tick();
  t.same(of(1), [0, 2, 0, 0], 'it is not counted all the time');
  times.nowMs = 30_000;
  for (let ticks = 0; ticks < 2; ticks++) counts.tick();
  t.same(
    [of(0), of(1)],
    [
      [0, 0, 0, 1],
      [0, 0, 0, 0],
    ],
  );
  counts.reset();
  t.same(of(0), [0, 0, 0, 0]);
});
