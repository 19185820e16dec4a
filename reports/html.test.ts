import t from 'tap';
import { htmlReport } from './html.ts';
import { ALWAYS, GOOD_RUN, LISTING, RUN } from './sample-run.ts';

const page = htmlReport(RUN, LISTING);

t.test('the headline says what matters most', async (t) => {
  const results = (...verdicts: ('pass' | 'fail' | 'unknown' | 'skip')[]) =>
    verdicts.flatMap((verdict) => GOOD_RUN.results.map((test) => ({ ...test, verdict })));
  const headline = (...verdicts: Parameters<typeof results>) =>
    /<h1[^>]*>.*<\/h1>/.exec(htmlReport({ ...RUN, results: results(...verdicts) }, LISTING))?.[0];
  t.equal(headline('pass', 'pass'), '<h1 class="pass">All 2 tests passed</h1>');
  t.equal(headline('pass', 'fail', 'unknown'), '<h1 class="fail">1 of 3 tests failed</h1>');
  t.equal(headline('pass', 'unknown', 'skip'), '<h1 class="unknown">1 of 3 tests proved nothing</h1>');
  t.equal(headline('pass', 'skip'), '<h1 class="pass">1 of 2 tests passed, none failed</h1>');
});

t.test(
  'every requirement is there with its verdict and a link to its tests; those not tested stand apart',
  async (t) => {
    t.match(
      page,
      /<tr id="ARP-2" data-verdict="unknown"><td class="id">ARP-2<\/td>.*<a href="#test-1">.*<a href="#test-3">/,
    );
    t.match(page, /1 requirement not tested in this run<\/summary><table>[\s\S]*HA-2/);
    t.match(page, '<details class="test" id="test-3" data-verdict="unknown" open>');
  },
);

t.test(
  'tests can be filtered by verdict, with the number of each; a verdict that nobody has cannot be chosen',
  async (t) => {
    t.match(page, '<input type="radio" name="show" id="show-fail"><b>1</b> failed');
    t.match(htmlReport(GOOD_RUN, LISTING), '<input type="radio" name="show" id="show-fail" disabled><b>0</b> failed');
  },
);

t.test(
  'a requirement shows its aspects, an invariant what was broken, and a claim the requirements that prove it',
  async (t) => {
    const page = htmlReport({ ...GOOD_RUN, results: [...GOOD_RUN.results, ...ALWAYS] }, LISTING);
    t.match(page, '<tr id="HA-2" data-verdict="partly">');
    t.match(page, '<li class="pass">cut off</li><li class="untried">for an hour <i>untried: it takes an hour</i></li>');
    t.match(
      page,
      /<td>no two speak <span class="ids">held in 2 suites<\/span><\/td>.*<td><details><summary>1 time<\/summary><ul><li>ha: one answerer/,
    );
    t.match(page, /<td class="id">C4<\/td>.*<li class="pass"><a href="#ARP-1">ARP-1<\/a><\/li><li class="not-tested">/);
  },
);

t.test('what did not hold in every suite leads to where it did not', async (t) => {
  const results = ALWAYS.map((test) => (test.suite === 'ha' ? { ...test, verdict: 'fail' as const } : test));
  t.match(
    htmlReport({ ...GOOD_RUN, results }, LISTING),
    /held in 1 of 2 suites<\/span><br><a href="#test-2">ha<\/a> fail/,
  );
});

t.test('evidence is folded where it passed, and open where it failed', async (t) => {
  t.match(page, '<details open><summary>evidence: 2 facts</summary><pre>&lt;/pre&gt;&lt;script&gt;');
  t.match(page, '<details><summary>evidence: 1 fact</summary><pre>12.3 ms nlb1 → fw1 reply</pre>');
});

t.test('what was put together of several runs leads to their folders, beside its own', async (t) => {
  const files = ['../20261126-1/arp@invention/history.jsonl', '../../../etc/../passwd'];
  const page = htmlReport({ ...GOOD_RUN, results: GOOD_RUN.results.map((test) => ({ ...test, files })) }, LISTING);
  t.match(page, '<a href="../20261126-1/arp%40invention/history.jsonl">history.jsonl</a>');
  t.match(page, '<a href="./etc/passwd">');
});

t.test('hostile text makes no tag, no script and no link out of the folder; the page forbids scripts', async (t) => {
  t.notMatch(page, '<script');
  t.match(page, `content="default-src 'none'; style-src 'unsafe-inline'"`);
  t.match(page, '<a href="./ha/%3Cx%3E%20y.pcap">../../&lt;x&gt; y.pcap</a>');
  t.equal([...page.matchAll(/<details/g)].length, [...page.matchAll(/<\/details>/g)].length);
  t.equal([...page.matchAll(/<pre>/g)].length, [...page.matchAll(/<\/pre>/g)].length);
});
