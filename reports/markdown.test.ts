import t from 'tap';
import { markdownReport } from './markdown.ts';
import { CATALOGUE, GOOD_RUN, RUN } from './sample-run.ts';

t.test('a run in which all passed', async (t) => {
  t.equal(
    markdownReport(GOOD_RUN, CATALOGUE.slice(0, 3)),
    `# OneVIP on invention: 1 passed, 0 failed, 0 unknown, 0 skipped

nlb 0.1.0, 2026-11-23T04:00:00.000Z, 1 min 5 s, Linux 6.1.0, 2 cores, Node v24.21.0: ./onevip conformance

## Requirements

| requirement | verdict | must | tests |
|---|---|---|---|
| ARP-1 | pass | answer from the active | arp: the active answers for the NLBS address |
| ARP-2 | pass | send no answer from the standby | arp: the active answers for the NLBS address |
| HA-1 | not tested | take over \\| quickly |  |

`,
  );
});

t.test('what did not pass has a section with its evidence, in a block that the evidence cannot end', async (t) => {
  const text = markdownReport(RUN, CATALOGUE);
  t.match(
    text,
    '## unknown: arp: the standby is silent (ARP-2)\n\nnobody asked\n\n**silent**: unknown: no request was seen',
  );
  t.match(text, /: fail: gap of 80 ms, at most 50 ms\n\n````text\n<\/pre>[\s\S]*second fact\n````\n/);
  t.match(text, 'Run again:\n\n```text\n./onevip conformance ha --seed 0x5eed\n```');
  t.notMatch(text, 'not to be shown');
});

t.test('what a run left out is said, with the command that runs it', async (t) => {
  t.match(
    markdownReport(RUN, CATALOGUE),
    /\n\nNot run: stall .*: long: takes about 65 s: \.\/onevip conformance stall/,
  );
  t.notMatch(markdownReport(GOOD_RUN, CATALOGUE), 'Not run');
});

t.test('outside blocks of code no tag of the evidence survives, and a row is a row', async (t) => {
  const outside = markdownReport(RUN, CATALOGUE).replaceAll(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '');
  t.notMatch(outside, /(?<!\\)<script/);
  for (const row of outside.split('\n').filter((line) => line.startsWith('|'))) {
    t.equal([...row.matchAll(/(?<!\\)\|/g)].length, 5, row);
  }
});
