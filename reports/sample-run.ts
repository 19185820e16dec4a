import type { Listing } from './requirement-rows.ts';
import type { RunReport, TestResult } from './run-report.ts';

/** Text that tries to be markup, a command to the terminal, the end of a block, or no text at all. */
const HOSTILE = `</pre><script>alert(1)</script> & "q" 'a' ]]> \u001b[31m\u0000\n| \`\`\` *b* \u202e\ud800`;

const PASSED: TestResult = {
  suite: 'arp',
  title: 'the active answers for the NLBS address',
  proves: ['ARP-1', 'ARP-2'],
  verdict: 'pass',
  because: 'every check passed',
  checks: [
    { name: 'answers', verdict: 'pass', because: '9 requests, 9 answers', evidence: ['12.3 ms nlb1 → fw1 reply'] },
  ],
  durationMs: 1234,
  runAgain: './onevip conformance arp',
  files: ['arp/history.jsonl', 'arp/access.pcap'],
};

const FAILED: TestResult = {
  suite: 'ha <1>',
  title: `a takeover ${HOSTILE}`,
  proves: ['HA-1'],
  verdict: 'fail',
  because: `it took too long ${HOSTILE}`,
  checks: [
    {
      name: `gap ${HOSTILE}`,
      verdict: 'fail',
      because: 'gap of 80 ms, at most 50 ms',
      evidence: [HOSTILE, 'second fact'],
    },
    { name: 'no reset', verdict: 'pass', because: '200 flows, none reset', evidence: ['not to be shown'] },
  ],
  durationMs: 62_000,
  seed: '0x5eed',
  runAgain: './onevip conformance ha --seed 0x5eed',
  files: ['ha/../../<x> y.pcap'],
};

const UNKNOWN: TestResult = {
  ...PASSED,
  title: 'the standby is silent',
  proves: ['ARP-2'],
  verdict: 'unknown',
  because: 'nobody asked',
  checks: [{ name: 'silent', verdict: 'unknown', because: 'no request was seen', evidence: [] }],
};

const SKIPPED: TestResult = {
  ...PASSED,
  suite: 'fwd',
  title: 'tagged frames',
  proves: ['FWD-1', 'NEW-1'],
  verdict: 'skip',
  because: 'this kernel has no VLAN devices',
  checks: [],
};

/** One test of each verdict. */
export const RUN: RunReport = {
  id: '20261123-040000-abc123',
  startedAt: '2026-11-23T04:00:00.000Z',
  durationMs: 65_432,
  folder: 'runs/20261123-040000-abc123',
  system: { name: 'nlb', version: '0.1.0' },
  datapath: 'auto',
  depth: 'brief',
  commit: { id: 'c0ffee', clean: false },
  versions: { project: '0.1.0', kernel: '6.1.0', node: '24.21.0', nft: '1.0.6', keepalived: '2.2.7', libbpf: '1.1.2' },
  machine: { cores: 2, memoryBytes: 8 * 2 ** 30, cpu: 'A Processor' },
  topology: 'invention',
  command: './onevip conformance',
  results: [PASSED, FAILED, UNKNOWN, SKIPPED],
  notRun: [
    {
      suite: 'stall <1>',
      title: `it sleeps ${HOSTILE}`,
      proves: ['HA-1'],
      because: 'long: takes about 65 s',
      runIt: './onevip conformance stall --long',
    },
  ],
};

/** The same with the test that passed alone. */
export const GOOD_RUN: RunReport = { ...RUN, results: [PASSED], notRun: [] };

/** An invariant, judged in two suites, and broken on purpose in one of them. */
export const ALWAYS: TestResult[] = ['arp', 'ha'].map((suite) => ({
  ...PASSED,
  suite,
  title: 'no two speak',
  proves: ['HA-2 cut off'],
  always: true,
  ...(suite === 'ha' && { brokenOnPurpose: ['one answerer: not judged from 1 ms to 2 ms, because it is asked'] }),
}));

export const LISTING: Listing = {
  requirements: [
    { id: 'ARP-1', text: 'answer from the active' },
    { id: 'ARP-2', text: 'send no answer from the standby' },
    { id: 'HA-1', text: 'take over | quickly' },
    {
      id: 'HA-2',
      text: 'take over when out of reach',
      aspects: ['out of reach', 'cut off', 'for an hour'],
      notBrief: { 'for an hour': 'it takes an hour' },
    },
    { id: 'FWD-1', text: 'change only the hardware addresses' },
  ],
  claims: { C1: ['ARP-1', 'ARP-2'], C2: ['ARP-1'], C3: ['HA-2'], C4: ['ARP-1', 'FWD-1'] },
};
