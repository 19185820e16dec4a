import { readFileSync } from 'node:fs';
import t from 'tap';
import { z } from 'zod';
import {
  act,
  address,
  census,
  counted,
  frame,
  logged,
  neighbour,
  probe,
  script,
  served,
  standstill,
  testRun,
  watched,
} from '../check/literal-history.ts';
import { type HistoryEvent, HistoryLine } from './event.ts';
import { toLine } from './line.ts';
import { SCHEMA_FILE, schemaText } from './schema.ts';

const text = readFileSync(SCHEMA_FILE, 'utf8');
const PORT = { lan: 'access', node: 'nlb1', leg: 'access' };

const EVENTS: HistoryEvent[] = [
  ...frame({ atMs: 1, from: PORT, to: [PORT] }, Uint8Array.of(0, 1, 255)),
  ...testRun('all is well', 1, 2),
  act(1, 'kill', 'nlb1', 2),
  act(1, 'wait'),
  address(1, { node: 'nlb1', device: 'access', address: '10.77.1.100/32', label: 'access:nlbs', change: 'added' }),
  neighbour(1, { node: 'fw1', device: 'access', address: '10.77.1.100', state: 'FAILED' }),
  census(1, 'nlb1 access 10.77.1.11/24', 'nlb1 access 10.77.1.100/32 access:nlbs'),
  probe(1),
  probe(1, { outcome: 'lost' }),
  served(1, 'server1', '198.51.100.10:4711', '203.0.113.10:80'),
  script(1, 'nlb1', 'active', 'standby'),
  logged(0, { monotonicMs: 1 }),
  counted(1, 'nlb1', 'refused heartbeats', { forged: 3 }),
  standstill(1, 2),
  watched('frames', 'access'),
];

t.test('the schema’s file is what the types say; node harness/history/schema.ts writes it anew', async (t) => {
  t.equal(text, schemaText());
});

t.test('by the file, each kind of event is one, and nothing else is', async (t) => {
  const schema = z.fromJSONSchema(JSON.parse(text));
  t.same(new Set(EVENTS.map(({ kind }) => kind)).size, HistoryLine.options.length, 'there is one of each kind');
  for (const event of EVENTS) {
    const line = JSON.parse(toLine(event)) as Record<string, unknown>;
    t.ok(schema.safeParse(line).success, event.kind);
    t.same(HistoryLine.parse(line), event, 'and is read as it was');
    const { atNs: _, ...timeless } = line;
    for (const other of [timeless, { ...line, more: 1 }, { ...line, kind: 'guess' }, { ...line, atNs: '1' }, []]) {
      t.notOk(schema.safeParse(other).success, `${event.kind}: ${JSON.stringify(other)}`);
      t.notOk(HistoryLine.safeParse(other).success);
    }
  }
});
