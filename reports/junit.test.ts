import t from 'tap';
import { junitReport } from './junit.ts';
import { ALWAYS, GOOD_RUN, LISTING, RUN } from './sample-run.ts';

t.test('a run in which all passed', async (t) => {
  t.equal(
    junitReport(GOOD_RUN, { ...LISTING, requirements: LISTING.requirements.slice(0, 1) }),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="onevip nlb 0.1.0 invention" tests="1" failures="0" errors="0" skipped="0" time="1.234">
  <testsuite name="the run" tests="0" failures="0" errors="0" skipped="0" time="0.000" timestamp="2026-11-23T04:00:00.000Z">
    <properties>
      <property name="System" value="nlb 0.1.0"/>
      <property name="Data path" value="auto"/>
      <property name="Depth" value="brief"/>
      <property name="Topology" value="invention"/>
      <property name="Commit" value="c0ffee, with changes that are in no commit"/>
      <property name="Versions" value="project 0.1.0, kernel 6.1.0, node 24.21.0, nft 1.0.6, keepalived 2.2.7, libbpf 1.1.2"/>
      <property name="Machine" value="2 cores of A Processor, 8.0 GiB"/>
      <property name="Started" value="2026-11-23 04:00:00 UTC"/>
      <property name="Took" value="1 min 5 s"/>
      <property name="Command" value="./onevip conformance"/>
      <property name="Run" value="20261123-040000-abc123"/>
      <property name="ARP-1" value="pass"/>
      <property name="ARP-2" value="pass"/>
      <property name="C1" value="pass: ARP-1 pass, ARP-2 pass"/>
      <property name="C2" value="pass: ARP-1 pass"/>
      <property name="C3" value="not tested: "/>
      <property name="C4" value="pass: ARP-1 pass"/>
    </properties>
  </testsuite>
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
  const text = junitReport(RUN, LISTING);
  t.match(text, '<testsuites name="onevip nlb 0.1.0 invention" tests="5" failures="1" errors="1" skipped="2"');
  t.match(text, /<failure message="it took too long [\s\S]*gap of 80 ms[\s\S]*run again: [^<]*<\/failure>/);
  t.match(text, /<error message="nobody asked">silent: unknown: no request was seen\n/);
  t.match(text, '<skipped message="this kernel has no VLAN devices"/>');
  t.match(text, '<skipped message="not run: long: takes about 65 s"/>');
  t.match(text, '<property name="seed" value="0x5eed"/>');
});

t.test('aspects are properties of the test that tried them, and of the requirement in the run', async (t) => {
  const text = junitReport({ ...GOOD_RUN, results: ALWAYS }, LISTING);
  t.match(text, '<property name="requirement" value="HA-2"/>\n        <property name="aspect" value="HA-2 cut off"/>');
  t.match(
    text,
    '<property name="HA-2" value="partly; out of reach: untried; cut off: pass; for an hour: untried (in a brief run: it takes an hour)"/>',
  );
});

t.test('hostile text is text: every tag in the file is one that JUnit has, and each is closed', async (t) => {
  const text = junitReport(RUN, LISTING);
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
