import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { htmlReport } from '../../reports/html.ts';
import { GOOD_RUN, LISTING } from '../../reports/sample-run.ts';
import { withFiles } from './result-files.ts';

const KEPT = [
  'history.jsonl',
  'suite.tap',
  'wan & access.pcapng',
  'logs/nlb1.nlbd.log',
  'elsewhere@invention/history.jsonl',
];

/** A run's folder with one suite's results in it. */
function runOf(t: { testdir(): string }): { run: string; own: string } {
  const run = t.testdir();
  const own = path.join(run, 'arp@invention');
  for (const file of [...KEPT, 'verdicts.json']) {
    mkdirSync(path.dirname(path.join(own, file)), { recursive: true });
    writeFileSync(path.join(own, file), '');
  }
  return { run, own };
}

t.test(
  'each result has the files of its suite, as paths from the run’s folder, those that lie deeper last',
  async (t) => {
    const { own } = runOf(t);
    const [result] = withFiles(GOOD_RUN.results, own);
    const first = ['history.jsonl', 'suite.tap', 'wan & access.pcapng'];
    const deeper = ['elsewhere@invention/history.jsonl', 'logs/nlb1.nlbd.log'];
    t.same(
      result?.files,
      [...first, ...deeper].map((file) => `arp@invention/${file}`),
    );
    t.same(withFiles(GOOD_RUN.results, path.join(own, 'never made'))[0]?.files, []);
  },
);

t.test(
  'every link of the page to a file leads to one that is there, seen from the folder in which the page lies',
  async (t) => {
    const { run, own } = runOf(t);
    const page = htmlReport({ ...GOOD_RUN, results: withFiles(GOOD_RUN.results, own) }, LISTING);
    const links = [...page.matchAll(/href="(\.[^"]*)"/g)].map(([, address = '']) => address.replaceAll('&amp;', '&'));
    t.equal(links.length, KEPT.length);
    for (const link of links) t.ok(existsSync(path.join(run, decodeURIComponent(link))), link);
  },
);
