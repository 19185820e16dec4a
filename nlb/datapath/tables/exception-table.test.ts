import t from 'tap';
import { enterPrivateNamespaces } from '../../kernel/private-namespaces.ts';
import { flowFrom, onServer, openHeldPath } from '../kit/held.ts';
import { makeNode } from '../kit/node.ts';
import { segment, send } from '../kit/send.ts';

/** The table of exceptions, and what the program does by it. */

enterPrivateNamespaces(import.meta.url);
makeNode(t);

t.test('exceptions are kept, found, replaced and dropped; a full table refuses more, and loses none', async (t) => {
  const { datapath, heldFlows } = openHeldPath(t, 'xdp', { maxExceptions: 512 });
  const { exceptions } = heldFlows;
  let many = 0;
  t.throws(() => {
    for (; many < 2000; many++) exceptions.put(flowFrom(many), onServer(0));
  }, /E2BIG/);
  t.ok(many >= 512 && many < 2000, `${many} have room`);
  t.equal(exceptions.size(), many);
  exceptions.put(flowFrom(1), onServer(1, false));
  t.same(exceptions.find(flowFrom(1)), onServer(1, false));
  t.same(send(datapath, 'xdp', segment(0, 'syn')).counted, ['FORWARDED_NEW']);
  t.same([...exceptions.list()].flat().length, many);
  for (let port = 0; port < many; port++) exceptions.drop(flowFrom(port));
  t.equal(exceptions.size(), 0);
  t.equal(exceptions.find(flowFrom(1)), undefined);
  t.same(send(datapath, 'xdp', segment(1, 'syn')).counted, ['FORWARDED_NEW'], 'its flow is free');
});

t.test('many exceptions at once are as one after the other', async (t) => {
  const { heldFlows } = openHeldPath(t, 'xdp', { maxExceptions: 512 });
  const { exceptions } = heldFlows;
  const ports = (from: number, many: number): number[] => Array.from({ length: many }, (_, at) => from + at);
  const shown = (): string[] =>
    [...exceptions.list()].flat().map(([flow, { server }]) => `${flow.sourcePort} ${server}`);
  exceptions.putAll([...ports(0, 400), 7].map((port, at) => [flowFrom(port), onServer(at < 400 ? 0 : 1)]));
  t.same(
    shown().sort(),
    ports(0, 400)
      .map((port) => `${port} ${port === 7 ? 1 : 0}`)
      .sort(),
    'the last counts',
  );
  t.equal(exceptions.size(), 400);
  t.throws(() => exceptions.putAll(ports(300, 2000).map((port) => [flowFrom(port), onServer(1)])), /E2BIG/);
  t.equal(exceptions.size(), shown().length, 'those that had room');
  t.ok(shown().includes('399 1'), 'what was there already needs none');
  exceptions.dropAll([...ports(100, 5000), 100].map(flowFrom));
  t.equal(exceptions.size(), 100);
  t.equal(shown().length, 100);
});
