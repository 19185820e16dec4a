import t from 'tap';
import { openPathWriter } from './path-writer.ts';
import { flowFrom, openTestDataPath } from './test-data-path.ts';

const to = (server: number) => ({ server, serverAddress: '10.77.2.20' as const, isSettled: true }) as never;

t.test('slots and exceptions go to the data path in the order in which they are written', async (t) => {
  const { heldFlows } = openTestDataPath();
  const calls: string[] = [];
  heldFlows.putSlots = (row, slots) => calls.push(`row ${row}: slots ${[...slots].map(({ slot }) => slot)}`);
  heldFlows.exceptions.putAll = (some) => calls.push(`put ${some.map(([{ sourcePort }]) => sourcePort)}`);
  heldFlows.exceptions.dropAll = (flows) => calls.push(`drop ${flows.map(({ sourcePort }) => sourcePort)}`);
  const writer = openPathWriter(heldFlows, () => 3);
  for (const slot of [1, 2]) writer.slot('pool', slot, 0);
  for (const port of [10, 11]) writer.exception(flowFrom(port), to(0));
  writer.slot('pool', 3, 0);
  writer.exception(flowFrom(10), undefined);
  t.same(calls.splice(0), ['row 3: slots 1,2', 'put 10,11', 'row 3: slots 3']);
  await Promise.resolve();
  t.same(calls.splice(0), ['drop 10'], 'the last at the end of the turn');
  writer.slot('pool', 4, 0);
  writer.flush();
  t.same(calls, ['row 3: slots 4']);
});
