import t from 'tap';
import { markdownReport } from './markdown.ts';
import { ALWAYS, GOOD_RUN, LISTING, RUN } from './sample-run.ts';

const BRIEF = {
  requirements: LISTING.requirements.filter(({ id }) => ['ARP-1', 'HA-1', 'HA-2'].includes(id)),
  claims: { C2: ['ARP-1'] },
};

t.test('a run in which all passed', async (t) => {
  t.equal(
    markdownReport({ ...GOOD_RUN, results: [...GOOD_RUN.results, ...ALWAYS] }, BRIEF),
    `# OneVIP on invention: 3 passed, 0 failed, 0 unknown, 0 skipped

| run |  |
|---|---|
| System | nlb 0.1.0 |
| Data path | auto |
| Depth | brief |
| Topology | invention |
| Commit | c0ffee, with changes that are in no commit |
| Versions | project 0.1.0, kernel 6.1.0, node 24.21.0, nft 1.0.6, keepalived 2.2.7, libbpf 1.1.2 |
| Machine | 2 cores of A Processor, 8.0 GiB |
| Started | 2026-11-23 04:00:00 UTC |
| Took | 1 min 5 s |
| Command | ./onevip conformance |
| Run | 20261123-040000-abc123 |

## Requirements

| requirement | verdict | must | aspects | tests |
|---|---|---|---|---|
| ARP-1 | pass | answer from the active |  | arp: the active answers for the NLBS address |
| HA-1 | not tested | take over \\| quickly |  |  |
| HA-2 | partly | take over when out of reach | out of reach: untried; cut off: pass; for an hour: untried (in a brief run: it takes an hour) | in 2 suites: no two speak |
| ARP-2 | pass |  |  | arp: the active answers for the NLBS address |

## What holds in every suite

| in every suite | verdict | proves | broken on purpose |
|---|---|---|---|
| no two speak | pass: held in 2 suites | HA-2 cut off | ha: one answerer: not judged from 1 ms to 2 ms, because it is asked |

## Claims of the patent

| claim | verdict | proved by |
|---|---|---|
| C2 | pass | ARP-1 pass |

`,
  );
});

t.test('what did not pass has a section with its evidence, in a block that the evidence cannot end', async (t) => {
  const text = markdownReport(RUN, LISTING);
  t.match(
    text,
    '## unknown: arp: the standby is silent (ARP-2)\n\nnobody asked\n\n**silent**: unknown: no request was seen',
  );
  t.match(text, /: fail: gap of 80 ms, at most 50 ms\n\n````text\n<\/pre>[\s\S]*second fact\n````\n/);
  t.match(text, 'Run again:\n\n```text\n./onevip conformance ha --seed 0x5eed\n```');
  t.notMatch(text, 'not to be shown');
});

t.test('what a run left out is said, with the command that runs it', async (t) => {
  t.match(markdownReport(RUN, LISTING), /\n\nNot run: stall .*: long: takes about 65 s: \.\/onevip conformance stall/);
  t.notMatch(markdownReport(GOOD_RUN, LISTING), 'Not run');
});

t.test('outside blocks of code no tag of the evidence survives, and a row is a row', async (t) => {
  const outside = markdownReport(RUN, LISTING).replaceAll(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '');
  t.notMatch(outside, /(?<!\\)<script/);
  const bars = (row: string) => [...row.matchAll(/(?<!\\)\|/g)].length;
  for (const table of outside.split('\n\n').filter((block) => block.startsWith('|'))) {
    const [head = '', ...rows] = table.split('\n');
    for (const row of rows) t.equal(bars(row), bars(head), row);
  }
});
