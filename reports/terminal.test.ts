import t from 'tap';
import { ALWAYS, GOOD_RUN, LISTING, RUN } from './sample-run.ts';
import { terminalReport } from './terminal.ts';

const plain = { colour: false, columns: 0 };

t.test('a run in which all passed is a table, the claims, the conditions and two lines', async (t) => {
  t.equal(
    terminalReport(GOOD_RUN, LISTING, plain),
    `ARP-1    ✓ pass    arp: the active answers for the NLBS address
ARP-2    ✓ pass    arp: the active answers for the NLBS address

claims of the patent, by the requirements that prove them:
C1       ✓ pass    ARP-1 pass, ARP-2 pass
C2       ✓ pass    ARP-1 pass
C4       ◐ partly  ARP-1 pass, FWD-1 not tested

not tested in this run: HA-1, HA-2, FWD-1

system: nlb 0.1.0
data path: auto
depth: brief
commit: c0ffee, with changes that are in no commit
versions: project 0.1.0, kernel 6.1.0, node 24.21.0, nft 1.0.6, keepalived 2.2.7, libbpf 1.1.2
machine: 2 cores of A Processor, 8.0 GiB
2 of 2 tested requirements proved by nlb 0.1.0, on invention, in 1 min 5 s
1 passed, 0 failed, 0 unknown, 0 skipped
`,
  );
});

t.test('a second test of a requirement stands below the first, and a long title is cut to the terminal', async (t) => {
  const lines = terminalReport(RUN, LISTING, { colour: false, columns: 40 }).split('\n');
  t.same(lines.slice(0, 3), [
    'ARP-1    ✓ pass    arp: the active answ…',
    'ARP-2    ✓ pass    arp: the active answ…',
    '         ? unknown arp: the standby is …',
  ]);
});

t.test(
  'below its tests a requirement has its aspects, by their verdicts; one that was tried in part is named as that',
  async (t) => {
    const results = [...GOOD_RUN.results, ...ALWAYS];
    const text = terminalReport({ ...GOOD_RUN, results }, LISTING, plain);
    t.match(
      text,
      `HA-2     ✓ pass    in 2 suites: no two speak
         – untried of it: out of reach, for an hour (it takes an hour)
         ✓ pass    of it: cut off
`,
    );
    t.match(text, '2 of 3 tested requirements proved by nlb 0.1.0, 1 partly (HA-2), on invention');
  },
);

t.test('what no packet shows of a requirement is said, where it is tested', async (t) => {
  const requirements = [{ id: 'ARP-1', text: 'answer', beyond: 'the clocks' }];
  const text = (results: typeof RUN.results) =>
    terminalReport({ ...GOOD_RUN, results }, { requirements, claims: {} }, plain);
  t.match(text(GOOD_RUN.results), '\nnot shown by packets: ARP-1: the clocks\n');
  t.notMatch(text([]), 'the clocks');
});

t.test('a test that proves no requirement is in the table all the same', async (t) => {
  const results = GOOD_RUN.results.map((test) => ({ ...test, proves: [] }));
  t.match(terminalReport({ ...GOOD_RUN, results }, LISTING, plain), /^– {8}✓ pass {4}arp: the active answers/);
});

t.test(
  'what did not pass is shown with reason, evidence and the command to run it again, the worst first',
  async (t) => {
    const text = terminalReport(RUN, LISTING, plain);
    const order = [
      '✗ fail: ha',
      '    gap of 80 ms, at most 50 ms',
      '      second fact',
      '  run again: ./onevip conformance ha',
    ];
    const rest = [
      '? unknown: arp: the standby is silent (ARP-2)',
      '    no request was seen',
      '– skip: fwd: tagged frames',
    ];
    const places = [...order, ...rest].map((part) => text.indexOf(part));
    t.notOk(places.includes(-1), 'all is there', { places });
    t.same(
      places,
      places.toSorted((a, b) => a - b),
    );
    t.notMatch(text, 'not to be shown', 'evidence of what passed is left out');
    t.match(text, /\n1 passed, 1 failed, 1 unknown, 1 skipped\n$/);
  },
);

t.test('what a run left out is said, with the command that runs it, and counts for nothing', async (t) => {
  const text = terminalReport({ ...RUN, results: GOOD_RUN.results }, LISTING, plain);
  t.match(
    text,
    /\nnot run: stall <1>: it sleeps .* \(HA-1\): long: takes about 65 s: \.\/onevip conformance stall --long\n/,
  );
  t.match(text, /\n2 of 2 tested requirements proved.*\n1 passed, 0 failed, 0 unknown, 0 skipped\n$/);
});

t.test('colours are used when asked for, and nothing in the evidence can make one', async (t) => {
  t.notMatch(terminalReport(RUN, LISTING, plain), '\u001b');
  t.match(terminalReport(GOOD_RUN, LISTING, { colour: true, columns: 0 }), '\u001b[32m✓ pass');
  t.notMatch(terminalReport(RUN, LISTING, { colour: true, columns: 0 }), '\u0000');
});
