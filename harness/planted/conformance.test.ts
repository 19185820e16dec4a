import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { until } from '../clock/until.ts';
import type { Job } from '../runner/suite.ts';
import { openConformanceRuns } from './conformance.ts';

const JOB: Job = {
  suite: { name: 'arp', title: 'arp', topologies: ['invention'], seconds: 1, tests: {} },
  topology: 'invention',
  titles: [],
};

/** A copy whose command line does what the body says, in place of ours. */
const copyThat = (test: Pick<typeof t, 'testdir'>, body: string): string =>
  test.testdir({ harness: { 'cli.ts': body }, results: {} });

const REPORTS = `
import { mkdirSync, writeFileSync } from 'node:fs';
const folder = process.env.ONEVIP_RUNS + '/latest';
mkdirSync(folder);
writeFileSync(folder + '/report.json', JSON.stringify({ words: process.argv.slice(2), cwd: process.cwd() }));
process.exitCode = 1;
`;

t.test(
  'the suite runs alone, in the copy, on its topology and at its depth; its report is given, though it failed',
  async (t) => {
    const copy = copyThat(t, REPORTS);
    const report = await openConformanceRuns().run(copy, path.join(copy, 'results'), JOB, 'brief');
    t.match(report, { words: ['conformance', 'arp', '--topology', 'invention', '--jobs', '1', '--brief'], cwd: copy });
  },
);

t.test('one that gives no report is an error with its last words', async (t) => {
  const copy = copyThat(t, "console.error('this machine cannot run the suites'); process.exitCode = 3;");
  const run = openConformanceRuns().run(copy, path.join(copy, 'results'), JOB, 'thorough');
  await t.rejects(run, { message: /--thorough gave no report and ended with 3:\nthis machine cannot run the suites/ });
});

t.test('an interrupt reaches the run and what it has started, and the run ends', async (t) => {
  const suite = `process.on('SIGINT', () => { writeFileSync('suite-ended', ''); process.exit(130); });
writeFileSync('suite-began', ''); setInterval(() => {}, 1000);`;
  const copy = copyThat(
    t,
    `import { spawn } from 'node:child_process';
process.on('SIGINT', () => {});
const script = ${JSON.stringify(`const { writeFileSync } = require('node:fs'); ${suite}`)};
spawn(process.execPath, ['-e', script]).once('exit', () => { console.log('interrupted'); });`,
  );
  const runs = openConformanceRuns();
  const run = runs.run(copy, path.join(copy, 'results'), JOB, 'brief').catch(String);
  await until(() => existsSync(path.join(copy, 'suite-began')), { withinMs: 10_000, what: 'the suite begins' });
  runs.interrupt();
  t.match(await run, 'gave no report');
  t.equal(readFileSync(path.join(copy, 'suite-ended'), 'utf8'), '');
});
