import t from 'tap';
import { type Flow, nameOfFlow } from '../datapath/specification/flow.ts';
import { openExceptionWriter } from './exception-writer.ts';
import { flowFrom, openTestDataPath } from './test-data-path.ts';

const to = (server: number) => ({ server, serverAddress: '10.77.2.20' as Flow['source'], isSettled: true });

/** The calls of the data path, and what it has then. */
function scene() {
  const { heldFlows, exceptions } = openTestDataPath();
  const calls: string[] = [];
  const { putAll, dropAll } = heldFlows.exceptions;
  heldFlows.exceptions.putAll = (some) => {
    calls.push(`put ${some.map(([{ sourcePort }]) => sourcePort)}`);
    putAll(some);
  };
  heldFlows.exceptions.dropAll = (flows) => {
    calls.push(`drop ${flows.map(({ sourcePort }) => sourcePort)}`);
    dropAll(flows);
  };
  return { writer: openExceptionWriter(heldFlows), calls, exceptions };
}

t.test('what is written one after the other goes together, in its order, at the end of the turn', async (t) => {
  const { writer, calls, exceptions } = scene();
  for (const port of [1, 2, 2]) writer.write(flowFrom(port), to(port));
  writer.write(flowFrom(2), to(7));
  t.same(calls, []);
  await Promise.resolve();
  t.same(calls.splice(0), ['put 1,2,2,2']);
  t.equal(exceptions.get(nameOfFlow(flowFrom(2)))?.[1].server, 7);
  writer.write(flowFrom(3), to(3));
  writer.write(flowFrom(1), undefined);
  writer.write(flowFrom(3), undefined);
  writer.write(flowFrom(3), to(4));
  t.same(calls.splice(0), ['put 3', 'drop 1,3'], 'another kind waits for what is before it');
  await Promise.resolve();
  t.same(calls.splice(0), ['put 3']);
  t.same(
    [...exceptions.keys()],
    [2, 3].map((port) => nameOfFlow(flowFrom(port))),
  );
});

t.test('what is written at once is not written again', async (t) => {
  const { writer, calls } = scene();
  writer.write(flowFrom(1), to(1));
  writer.flush();
  writer.flush();
  await Promise.resolve();
  t.same(calls, ['put 1']);
});
