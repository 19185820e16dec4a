import path from 'node:path';
import t from 'tap';
import { readSources } from './arrows.ts';
import { assumesDriver } from './driverless.ts';

t.test('only the drivers know what a node is made of', async (t) => {
  const files = readSources(path.resolve(import.meta.dirname, '..'));
  t.ok(files.length > 100, 'the whole tree was read');
  t.same(assumesDriver(files), []);
});

t.test('a word of the drivers is named with its place', async (t) => {
  const found = (file: string, source: string) => assumesDriver([{ file, source }]);
  t.same(found('suites/x.ts', 'const a = 1;\nspawn("nsenter")'), [
    'suites/x.ts:2 says nsenter, which a driver alone knows',
  ]);
  const words = [
    'home.netns',
    'cgroupPath(lab)',
    "'/run/netns/x'",
    "execa('ip', ['-n', name])",
    `read(\`/proc/$\{pid}/stat\`)`,
    'process.kill(pid, name)',
    'ov-x.nlb1',
  ];
  for (const word of words) t.equal(found('harness/fault/x.ts', word).length, 1, word);
  for (const file of ['harness/driver/x.ts', 'harness/lab/x.test.ts', 'nlb/x.ts', 'harness/doctor/probe.ts'])
    t.same(found(file, 'nsenter cgroup'), [], file);
  t.same(found('suites/x.ts', "cat /proc/net/udp; process.killed; move-ov; run(['ip', '-n'])"), []);
});

t.test('what is a driver’s own is imported by nobody else', async (t) => {
  const [q, from] = ["'", 'import x from'];
  const found = (name: string) =>
    assumesDriver([{ file: 'harness/fault/x.ts', source: `${from} ${q}../driver/${name}${q};` }]);
  t.same(found('namespace.ts'), ['harness/fault/x.ts imports harness/driver/namespace.ts, which is a driver’s own']);
  t.equal(found('docker/engine.ts').length, 1);
  t.same(['driver.ts', 'drivers.ts', 'registry.ts'].flatMap(found), []);
});
