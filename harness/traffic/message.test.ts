import t from 'tap';
import { LineReader, parseTarget } from './message.ts';

t.test('lines are given when they are complete', async (t) => {
  const lines = new LineReader();
  t.same(lines.push('{"a":1}\n{"b"'), ['{"a":1}']);
  t.same(lines.push(':2}'), []);
  t.same(lines.push('\n\n{"c":3}\n'), ['{"b":2}', '{"c":3}']);
});

t.test('a target is an address and a port', async (t) => {
  t.same(parseTarget('203.0.113.10:80'), { host: '203.0.113.10', port: 80 });
  for (const wrong of ['203.0.113.10', 'localhost:80', ':80', '203.0.113.10:80x']) {
    t.throws(() => parseTarget(wrong), { message: `"${wrong}" is not ADDRESS:PORT` });
  }
});
