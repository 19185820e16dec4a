import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { Tail } from './tail.ts';

t.test('each line is given once, when it is whole', async (t) => {
  const file = path.join(t.testdir(), 'log');
  const tail = new Tail(file);
  t.same(tail.lines(), [], 'the file is not there yet');
  writeFileSync(file, 'one\ntwo\nthr');
  t.same(tail.lines(), ['one', 'two']);
  t.same(tail.lines(), []);
  appendFileSync(file, 'ee\n\nfour\n');
  t.same(tail.lines(), ['three', 'four'], 'an empty line is none');
  t.same(tail.lines(), []);
});

t.test('a line is whole though its letters came in two pieces', async (t) => {
  const file = path.join(t.testdir(), 'log');
  const tail = new Tail(file);
  const [first, ...rest] = Buffer.from('ä\n');
  writeFileSync(file, Buffer.from([first ?? 0]));
  t.same(tail.lines(), []);
  appendFileSync(file, Buffer.from(rest));
  t.same(tail.lines(), ['ä']);
});

t.test('what is longer than one reading is given whole', async (t) => {
  const file = path.join(t.testdir(), 'log');
  const lines = Array.from({ length: 30_000 }, (_, number) => `line ${number}`);
  writeFileSync(file, `${lines.join('\n')}\n${'x'.repeat(200_000)}`);
  const tail = new Tail(file);
  t.same(tail.lines(), lines);
  appendFileSync(file, '\n');
  t.same(tail.lines(), ['x'.repeat(200_000)]);
});

t.test('a file that cannot be read is an error, not an empty one', async (t) => {
  t.throws(() => new Tail(t.testdir()).lines(), { code: 'EISDIR' });
});
