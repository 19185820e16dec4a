import t from 'tap';
import { conditions } from './conditions.ts';
import { htmlReport } from './html.ts';
import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';
import type { TestResult } from './run-report.ts';
import { ALWAYS, GOOD_RUN, LISTING } from './sample-run.ts';
import { terminalReport } from './terminal.ts';

const plain = { colour: false, columns: 0 };

t.test('a verdict stands with what it is about, and with the conditions under which it came about', async (t) => {
  t.same(Object.fromEntries(conditions(GOOD_RUN)), {
    System: 'nlb 0.1.0',
    'Data path': 'auto',
    Depth: 'brief',
    Topology: 'invention',
    Commit: 'c0ffee, with changes that are in no commit',
    Versions: 'project 0.1.0, kernel 6.1.0, node 24.21.0, nft 1.0.6, keepalived 2.2.7, libbpf 1.1.2',
    Machine: '2 cores of A Processor, 8.0 GiB',
    Started: '2026-11-23 04:00:00 UTC',
    Took: '1 min 5 s',
    Command: './onevip conformance',
    Run: '20261123-040000-abc123',
  });
});

t.test('a commit is named alone where nothing differs from it, and a project without one says so', async (t) => {
  const { commit: _, ...without } = GOOD_RUN;
  const told = (report: typeof GOOD_RUN) => Object.fromEntries(conditions(report)).Commit;
  t.equal(told({ ...without, commit: { id: 'c0ffee', clean: true } }), 'c0ffee');
  t.equal(told(without), 'unknown: no checkout');
});

t.test('what the labs were made of is said where the run knows it', async (t) => {
  t.equal(Object.fromEntries(conditions({ ...GOOD_RUN, driver: 'docker' })).Driver, 'docker');
});

t.test('the data path that was asked for stands with those that were in use', async (t) => {
  const told = (datapath: string, ...used: string[][]) => {
    const results = used.map((forwardedBy) => ({ ...GOOD_RUN.results[0], forwardedBy }) as TestResult);
    return Object.fromEntries(conditions({ ...GOOD_RUN, datapath, results }))['Data path'];
  };
  t.equal(told('auto', ['xdp'], ['xdp']), 'auto: xdp');
  t.equal(told('auto', ['xdp'], ['tc', 'xdp']), 'auto: tc, xdp');
  t.equal(told('tc', ['tc']), 'tc');
  t.equal(told('tc', ['userspace']), 'tc: userspace');
});

/** Every form says all of it; the terminal leaves out what stands above it, or in its last lines. */
const run = { ...GOOD_RUN, results: [...GOOD_RUN.results, ...ALWAYS] };
const FORMS = {
  terminal: terminalReport(run, LISTING, plain),
  HTML: htmlReport(run, LISTING),
  JUnit: junitReport(run, LISTING),
  JSON: jsonReport(run, LISTING),
  Markdown: markdownReport(run, LISTING).replaceAll('\\', ''),
};

const HELD: [what: string, ...words: string[]][] = [
  ['the system', 'nlb', '0.1.0'],
  ['the data path', 'auto'],
  ['the depth', 'brief'],
  ['the commit', 'c0ffee'],
  ['the versions', '6.1.0', '24.21.0', '1.0.6', '2.2.7', '1.1.2'],
  ['the machine', 'A Processor'],
  ['aspects', 'cut off', 'out of reach', 'untried'],
  ['why a brief run leaves one out', 'it takes an hour'],
  ['invariants', 'no two speak'],
  ['what was broken on purpose', 'not judged from 1 ms to 2 ms'],
  ['claims', 'C1', 'C3', 'C4', 'partly'],
];

for (const [form, text] of Object.entries(FORMS)) {
  t.test(`${form} holds all that a reader must know`, async (t) => {
    for (const [what, ...words] of HELD) for (const word of words) t.match(text, word, `${what}: ${word}`);
  });
}
