import t from 'tap';
import { junitReport } from './junit.ts';
import { GOOD_RUN, RUN } from './sample-run.ts';

t.test('a run in which all passed', async (t) => {
  t.equal(
    junitReport(GOOD_RUN),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="onevip nlb 0.1.0 invention" tests="1" failures="0" errors="0" skipped="0" time="1.234">
  <testsuite name="arp" tests="1" failures="0" errors="0" skipped="0" time="1.234" timestamp="2026-11-23T04:00:00.000Z">
    <testcase classname="arp" name="the active answers for the NLBS address" time="1.234">
      <properties>
        <property name="requirement" value="ARP-1"/>
        <property name="requirement" value="ARP-2"/>
      </properties>
    </testcase>
  </testsuite>
</testsuites>
`,
  );
});

t.test('fail is a failure, unknown an error, and a skip skipped; each with its reason', async (t) => {
  const text = junitReport(RUN);
  t.match(text, '<testsuites name="onevip nlb 0.1.0 invention" tests="5" failures="1" errors="1" skipped="2"');
  t.match(text, /<failure message="it took too long [\s\S]*gap of 80 ms[\s\S]*run again: [^<]*<\/failure>/);
  t.match(text, /<error message="nobody asked">silent: unknown: no request was seen\n/);
  t.match(text, '<skipped message="this kernel has no VLAN devices"/>');
  t.match(text, '<skipped message="not run: long: takes about 65 s"/>');
  t.match(text, '<property name="seed" value="0x5eed"/>');
});

t.test('hostile text is text: every tag in the file is one that JUnit has, and each is closed', async (t) => {
  const text = junitReport(RUN);
  const tags = [...text.matchAll(/<(\/?)([\w?]+)(?: [\w-]+="[^"<>]*")*\s*(\/|\?)?>/g)];
  t.equal([...text.matchAll(/[<>]/g)].length, tags.length * 2, 'no other angle bracket');
  const open: string[] = [];
  for (const [, closing, name = '', ended] of tags) {
    if (closing) t.equal(open.pop(), name);
    else if (!ended) open.push(name);
  }
  t.same(open, []);
  t.match(
    text,
    'name="a takeover &lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;q&quot; &#39;a&#39; ]]&gt; ␛[31m␀&#10;| ',
  );
});
