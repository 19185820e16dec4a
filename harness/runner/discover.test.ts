import { existsSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { topologyNames } from '../topology/find.ts';
import { readCatalogue } from './catalogue.ts';
import { discoverSuites, suiteFile } from './discover.ts';
import { checkIds } from './ids.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');

t.test('every suite of the project is found, without running, and can run', async (t) => {
  const suites = await discoverSuites();
  t.ok(suites.length >= 9);
  t.equal(new Set(suites.map(({ name }) => name)).size, suites.length);
  const catalogue = readCatalogue();
  for (const found of suites) {
    t.ok(existsSync(path.join(PROJECT, suiteFile(found.name))), found.name);
    t.ok(found.topologies.length > 0 && found.topologies.every((name) => topologyNames().includes(name)), found.name);
    t.ok(found.title && found.seconds > 0 && Object.keys(found.tests).length > 0, found.name);
    t.ok(Object.values(found.tests).every(({ proves }) => proves.length > 0));
    t.doesNotThrow(() => checkIds(catalogue, found), found.name);
  }
});
