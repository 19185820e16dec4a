import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { findChromium, Page } from '../../reports/browser.ts';
import { htmlReport } from '../../reports/html.ts';
import type { TestResult } from '../../reports/run-report.ts';
import { ALWAYS, GOOD_RUN, LISTING, RUN } from '../../reports/sample-run.ts';
import { withFiles } from './result-files.ts';

const KEPT = ['history.jsonl', 'suite.tap', 'wan & access #1.pcapng', 'logs/nlb1.nlbd.log'];

/** A run's folder as a run leaves it: the page, and what two suites have left. */
function runFolder(t: { testdir(): string }, results: (folder: string) => TestResult[]): string {
  const run = t.testdir();
  for (const file of KEPT.map((file) => path.join(run, 'arp@invention', file))) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, 'kept\n');
  }
  const page = htmlReport({ ...RUN, results: results(path.join(run, 'arp@invention')) }, LISTING);
  writeFileSync(path.join(run, 'report.html'), page);
  return run;
}

const chromium = findChromium();
const skip = chromium === undefined && 'Chromium is not installed: apt-get install chromium-headless-shell';

t.test('every link of the page leads somewhere, as whoever clicks it finds', { skip }, async (t) => {
  const all = [...RUN.results.filter(({ verdict }) => verdict !== 'fail'), ...ALWAYS];
  const run = runFolder(t, (folder) => withFiles(all, folder));
  const { page, close } = await Page.open(chromium ?? '', path.join(run, 'profile'));
  t.teardown(close);
  const address = pathToFileURL(path.join(run, 'report.html')).href;
  await page.goTo(address);
  const links = (await page.evaluate('[...document.links].map((link) => link.href)')) as string[];
  t.ok(links.length > KEPT.length * all.length, `${links.length} links, to files and to places in the page`);
  for (const [number, link] of links.entries()) {
    await page.goTo(address);
    t.same(await page.follow(number), { at: link });
    if (link.startsWith(`${address}#`))
      t.equal(await page.evaluate('document.querySelectorAll(":target").length'), 1, `${link} is in the page`);
  }
});

t.test('a link to a file that is not there is found out', { skip }, async (t) => {
  const run = runFolder(t, () => GOOD_RUN.results.map((test) => ({ ...test, files: ['runs/arp/history.jsonl'] })));
  const { page, close } = await Page.open(chromium ?? '', path.join(run, 'profile'));
  t.teardown(close);
  await page.goTo(pathToFileURL(path.join(run, 'report.html')).href);
  const number = (await page.evaluate('[...document.links].findIndex((link) => /history/.test(link.href))')) as number;
  t.match(await page.follow(number), { broken: /\/runs\/arp\/history\.jsonl$/ });
});
