import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const CLI = path.resolve(import.meta.dirname, 'cli.ts');
const LAB = `cli-test-${process.pid}`;
// Many starts of Node, which take their time on a machine that others share.
t.setTimeout(120_000);
const skip = process.getuid?.() === 0 ? false : 'a lab needs root';

async function onevip(...words: string[]) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, ...words], {
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode, stdout, stderr };
}

t.test('wrong usage ends with 64 and says what is wrong', async (t) => {
  const table: [words: string, says: RegExp][] = [
    ['fly', /unknown command 'fly'/],
    ['exec', /missing required argument 'lab'/],
    ['up invention --servers 2.5', /give a whole number from 1 on/],
    ['up invention --name Not.Good', /^onevip: "Not\.Good" cannot name a lab: use 1 to 32 of a-z/],
    ['up inventoin', /^onevip: no topology "inventoin": there are invention, invention-flat, prior-art/],
    ['inspect no-such-lab', /^onevip: no lab is named no-such-lab/],
    ['down', /^onevip: name one lab, or say --all/],
    ['conformance no-such-suite', /^onevip: no suite is named no-such-suite; there are .*arp/],
    ['conformance --topology nowhere', /^onevip: no topology is named nowhere; there are invention, /],
    ['conformance arp --topology prior-art', /^onevip: none of these suites runs on prior-art/],
    ['bench nothing', /^onevip: there is no benchmark nothing/],
    ['up invention --system nothing', /^onevip: no system is named nothing; there are nlb, keepalived-nft, /],
    ['conformance --list --system nothing', /^onevip: no system is named nothing/],
    ['bench failover --system nothing', /^onevip: no system is named nothing/],
  ];
  const runs = table.map(async ([words, says]) => {
    const { exitCode, stderr } = await onevip(...words.split(' '));
    t.equal(exitCode, 64, words);
    t.match(stderr, says, words);
    t.notMatch(stderr, /^ {4}at /m, `${words}: no stack`);
  });
  await Promise.all(runs);
});

t.test('help is no error', async (t) => {
  for (const words of [['--help'], ['up', '--help']]) t.equal((await onevip(...words)).exitCode, 0);
});

t.test('a bad topology file shows every problem with its line and column', async (t) => {
  const file = path.join(t.testdir(), 'bad.yaml');
  const text = readFileSync(path.resolve(import.meta.dirname, '../topologies/invention.yaml'), 'utf8')
    .replace('access:   { subnet: 10.77.1.0/24 }', 'access:   { subnet: 10.77.2.0/24 }')
    .replace('via: nlbs', 'via: nobody');
  writeFileSync(file, text);
  for (const command of ['up', 'plan']) {
    const { exitCode, stdout, stderr } = await onevip(command, file);
    t.equal(exitCode, 64);
    t.equal(stdout, '');
    const places = stderr.split('\n').filter((line) => /bad\.yaml:\d+:\d+: \S/.test(line));
    t.ok(places.length >= 2, stderr);
    t.match(stderr, /bad\.yaml:10:23: 10\.77\.2\.0\/24 overlaps/);
    t.match(stderr, /bad\.yaml:44:29: "nobody" is not a next hop/);
  }
});

t.test('doctor says for each thing whether it is there, and what would change it', async (t) => {
  const { exitCode, stdout } = await onevip('doctor', '--json');
  const findings = JSON.parse(stdout) as Record<string, unknown>[];
  t.ok(findings.length > 10);
  for (const { subject, answer, detail, needed, remedy, ...rest } of findings) {
    t.match({ subject, detail, needed }, { subject: String, detail: String, needed: Boolean });
    t.ok(['yes', 'no', 'unknown'].includes(String(answer)), String(subject));
    t.equal(typeof remedy === 'string', answer === 'no', `${subject}: a remedy where it is missing, and only there`);
    t.same(rest, {});
  }
  t.equal(new Set(findings.map(({ subject }) => subject)).size, findings.length);
  const unfit = findings.some(({ needed, answer }) => needed && answer === 'no');
  t.equal(exitCode, unfit ? 3 : 0);
});

t.test('doctor ends with 3 where a command that is needed is missing', async (t) => {
  const node = path.join(t.testdir(), 'node');
  const { exitCode, stdout } = await execa(process.execPath, [CLI, 'doctor', '--json'], {
    reject: false,
    env: { PATH: node },
  });
  t.equal(exitCode, 3);
  const missing = (JSON.parse(stdout) as { subject: string; answer: string }[]).filter(({ answer }) => answer === 'no');
  t.ok(missing.some(({ subject }) => subject === 'the command tcpdump'));
});

t.test('conformance --list names suites, tests and requirements, and runs nothing', async (t) => {
  const { exitCode, stdout } = await onevip('conformance', 'arp', '--list');
  t.equal(exitCode, 0);
  t.match(stdout, /^arp on invention: /);
  t.match(stdout, /ARP-1/);
  t.match((await onevip('conformance', 'stall', '--list')).stdout, /for 60 s \(long: about 65 s, with --long\).*HA-10/);
});

t.test('the life of a lab', { skip }, async (t) => {
  t.teardown(() => onevip('down', LAB));
  const up = await onevip('up', 'invention', '--name', LAB, '--servers', '2', '--json');
  t.equal(up.exitCode, 0, up.stderr);
  const made = JSON.parse(up.stdout);

  t.test('up and inspect print the same, with the NLBS address on one load balancer', async (t) => {
    const inspected = JSON.parse((await onevip('inspect', LAB, '--json')).stdout);
    t.same(Object.keys(made).toSorted(), ['addresses', 'driver', 'name', 'nodes', 'segments', 'system', 'topology']);
    t.same(inspected.addresses, made.addresses);
    const held = (found: typeof made) =>
      ['nlb1', 'nlb2'].filter((name) => found.nodes[name].interfaces.access.addresses.includes('10.77.1.100/32'));
    t.equal(held(made).length, 1);
    t.same(held(inspected), held(made));
    t.same(
      Object.keys(made.nodes).filter((name) => name.startsWith('server')),
      ['server1', 'server2'],
    );
  });

  t.test('its name is taken: up refuses, says so, and the lab lives on', async (t) => {
    const again = await onevip('up', 'invention', '--name', LAB);
    t.equal(again.exitCode, 1);
    t.match(again.stderr, new RegExp(`^onevip: a lab named ${LAB} exists: choose another name, or remove it`));
    t.notMatch(again.stderr, /^ {4}at /m);
    t.equal((await onevip('exec', LAB, 'nlb1', '--', 'nlbctl', 'status')).exitCode, 0);
  });

  t.test('exec runs in the node, and passes on what the command prints and how it ends', async (t) => {
    const sh = (script: string) => onevip('exec', LAB, 'server2', '--', 'sh', '-c', script);
    const said = await sh('echo out; echo err >&2; exit 7');
    t.match(said, { exitCode: 7, stdout: 'out', stderr: 'err' });
    t.equal((await sh('kill -KILL $$')).exitCode, 137, 'as a shell gives it: 128 and the signal');
    t.match((await sh('ip -br address show lo')).stdout, '203.0.113.10/32');
    t.equal((await onevip('exec', LAB, 'server2', 'echo', '--help')).stdout.length > 0, true);
    t.match(await onevip('exec', LAB, 'nobody', '--', 'true'), {
      exitCode: 64,
      stderr: /has no node nobody; it has client1/,
    });
    t.match(await onevip('exec', LAB, 'nlb1'), { exitCode: 64, stderr: /no command/ });
    t.match(await onevip('capture', LAB, 'nowhere'), { exitCode: 64, stderr: /no segment nowhere; it has internet, / });
  });

  t.test('ls shows it as handed over', async (t) => {
    const labs = JSON.parse((await onevip('ls', '--json')).stdout) as { name: string }[];
    t.match(
      labs.find(({ name }) => name === LAB),
      { topology: 'invention', system: 'nlb', driver: 'netns', nodes: 8, condition: 'up', madeAt: /^\d{4}-.*Z$/ },
    );
  });

  t.test('down removes it', async (t) => {
    t.match(await onevip('down', LAB), { exitCode: 0, stdout: `down ${LAB}` });
    t.notOk(existsSync(`/run/netns/ov-${LAB}.nlb1`));
    t.equal((await onevip('inspect', LAB)).exitCode, 64);
  });
});
