import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { neededFor } from './capability.ts';
import { systemNamed, systemNames, systemWords } from './systems.ts';

t.test('a system is found by its name, and ours where none is named', async (t) => {
  t.equal(systemNamed().name, 'nlb');
  for (const name of systemNames) t.equal(systemNamed(name).name, name);
  t.throws(() => systemNamed('none'), { message: /named none; there are: nlb, keepalived-nft, / });
});

t.test('of every capability a system says either what it is or why there is none', async (t) => {
  const all = new Set(systemNames.map(systemNamed).flatMap(({ can, lacks }) => Object.keys({ ...can, ...lacks })));
  for (const { name, can, lacks } of systemNames.map(systemNamed)) {
    t.same(
      [...all].filter((one) => one in can === one in lacks),
      [],
      name,
    );
    for (const why of Object.values(lacks)) t.ok(why.length > 20, why);
  }
});

t.test('on a command line ours needs no naming', async (t) => {
  t.equal(systemWords(), '');
  t.equal(systemWords('nlb'), '');
  t.equal(systemWords('keepalived-nft'), ' --system keepalived-nft');
});

t.test('what a pair asks for is what its system must have', async (t) => {
  t.same(neededFor({}), []);
  t.same(neededFor({ maxConnections: 1024, servers: ['server1'] }), []);
  t.same(neededFor({ draining: ['server1'] }), ['draining']);
  t.same(neededFor({ weights: { server1: 1 }, keeps: true, recovery: 'automatic' }), ['weights', 'failback', 'keeps']);
});

t.test('the README says of every system but ours what that one says that it lacks', async (t) => {
  const text = readFileSync(path.join(import.meta.dirname, 'README.md'), 'utf8');
  for (const { lacks } of systemNames.map(systemNamed))
    for (const why of Object.values(lacks)) t.ok(text.includes(`| ${why} |`), why);
});
