import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { mustKnowIds, readCatalogue } from '../runner/catalogue.ts';
import { discoverSuites } from '../runner/discover.ts';
import { changedFiles } from './apply.ts';
import { bugNames, readBug } from './bug.ts';
import { readProjectFile } from './copy.ts';
import { jobsThatProve } from './suites.ts';
import { rowsOf } from './table.ts';

const bugs = bugNames().map(readBug);

t.test('every planted bug applies to the load balancer as it is now', async (t) => {
  t.ok(bugs.length >= 30);
  for (const bug of bugs) {
    t.doesNotThrow(() => changedFiles(bug, readProjectFile), bug.name);
  }
});

t.test('every planted bug breaks a requirement that a run of its depth proves', async (t) => {
  const [catalogue, suites] = [readCatalogue(), await discoverSuites()];
  for (const { name, breaks, in: depth } of bugs) {
    mustKnowIds(catalogue, [breaks], `the planted bug ${name}`);
    t.ok(jobsThatProve(suites, breaks, depth).length > 0, `${name}: ${breaks} is proved in a ${depth} run`);
  }
});

t.test('the table in the README has a row for every planted bug, and for no other', async (t) => {
  const rows = rowsOf(readFileSync(path.join(import.meta.dirname, 'README.md'), 'utf8'));
  t.same([...rows.keys()], bugNames());
  for (const { name, title, breaks } of bugs)
    t.match(rows.get(name), `| ${title} | ${breaks} |`, `${name}: ./onevip planted ${name} --table writes it anew`);
});
