import { readFileSync } from 'node:fs';
import t from 'tap';
import { z } from 'zod';
import { HistoryLine } from './event.ts';
import { toLine } from './line.ts';
import { EVENTS } from './literal-events.ts';
import { SCHEMA_FILE, schemaText } from './schema.ts';

const text = readFileSync(SCHEMA_FILE, 'utf8');
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
