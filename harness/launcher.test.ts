import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const TOP = path.resolve(import.meta.dirname, '..');
const run = execa({ cwd: TOP, reject: false, all: true });

t.test('on a system that is not like Debian it says exactly what to install, and stops', async (t) => {
  const release = path.join(t.testdir({ 'os-release': 'ID=fedora\n' }), 'os-release');
  const script = 'mount --bind "$1" /etc/os-release && exec ./onevip conformance --jobs 1';
  const { exitCode, all } = await run`unshare --mount sh -c ${script} sh ${release}`;
  t.equal(exitCode, 3);
  for (const word of ['iproute2', 'iptables', 'keepalived', 'nftables', 'libbpf1', 'tcpdump', 'Node 24', 'npm']) {
    t.match(all, word);
  }
});

t.test('a package that is still missing after its installation stops the start, naming it', async (t) => {
  const folder = t.testdir({ 'apt-get': '#!/bin/sh\necho "apt-get $*"\n' });
  chmodSync(path.join(folder, 'apt-get'), 0o755);
  const script = `mount --bind /dev/null "$(command -v tcpdump)" && PATH=$1:$PATH exec ./onevip ls`;
  const { exitCode, all } = await run`unshare --mount sh -c ${script} sh ${folder}`;
  t.equal(exitCode, 3);
  t.match(all, 'installing the Debian package tcpdump: captures packets');
  t.match(all, 'installed, and yet not there as a command or a library: tcpdump');
});

t.test('what is installed for the tests alone starts no service', async (t) => {
  const folder = t.testdir({ 'apt-get': '#!/bin/sh\necho "apt-get $*"\nls -l /etc/systemd/system\n' });
  chmodSync(path.join(folder, 'apt-get'), 0o755);
  const bare = 'for folder in /etc/systemd/system /lib/systemd/system; do mount -t tmpfs none $folder; done';
  const owned = 'echo >/lib/systemd/system/containerd.service';
  const lacking = 'for program in dockerd nginx; do file=$(command -v $program) && mount --bind /dev/null $file; done';
  const script = `mkdir -p /etc/systemd/system && ${bare} && ${owned} && { ${lacking}; true; } && PATH=$1:$PATH exec ./onevip npm test`;
  const { exitCode, all } = await run`unshare --mount sh -c ${script} sh ${folder}`;
  t.equal(exitCode, 3, all);
  t.match(all, 'there as a command or a library: docker.io nginx');
  const log = readFileSync(path.join(TOP, '.ready/apt.log'), 'utf8');
  t.match(log, /--path-exclude=\/etc\/init.d\/docker .*--path-exclude=\/etc\/init.d\/nginx install .*docker.io nginx/);
  for (const unit of ['docker.service', 'docker.socket', 'nginx.service']) t.match(log, `${unit} -> /dev/null`);
  t.notMatch(log, 'containerd.service ->', 'but for one that was there before, which is somebody else’s');
});

t.test('without npm it stops before it installs anything', async (t) => {
  const folder = t.testdir({ 'apt-get': '#!/bin/sh\necho "apt-get $*"\n' });
  chmodSync(path.join(folder, 'apt-get'), 0o755);
  const lacking = `mount -t tmpfs none .ready && mount --bind /dev/null "$(command -v tcpdump)"`;
  const hideNpm = 'while npm=$(command -v npm); do mount --bind /dev/null "$npm" || exit; done';
  const script = `${lacking} && ${hideNpm}; PATH=$1:$PATH exec ./onevip ls`;
  const { exitCode, all } = await run`unshare --mount sh -c ${script} sh ${folder}`;
  t.equal(exitCode, 3);
  t.match(all, 'npm is missing');
  t.notMatch(all, 'installing');
});

t.test('a Node that was installed once is not installed again, by a start within a start neither', async (t) => {
  const [, pinned] = /^node_pinned=(\S+)/m.exec(readFileSync(path.join(TOP, 'onevip'), 'utf8')) ?? [];
  const own = '.node/node_modules/node/bin';
  const folder = t.testdir({
    old: { node: '#!/bin/sh\necho v20.0.0\n', npm: '#!/bin/sh\necho npm was started; exit 1\n' },
    node: `#!/bin/sh\n[ "$1" != --version ] || echo v${pinned}\n`,
  });
  for (const program of ['old/node', 'old/npm', 'node']) chmodSync(path.join(folder, program), 0o755);
  const script = `set -e; cp .ready/npm $1
    mkdir -p .node; mount -t tmpfs none .node; mount -t tmpfs none .ready
    cp $1/npm .ready; mkdir -p ${own}; cp $1/node ${own}
    PATH=$1/old:$PATH ./onevip ls; cat .ready/node; PATH=$PWD/${own}:$PATH ./onevip ls; cat .ready/node`;
  const { exitCode, all } = await run`unshare --mount sh -c ${script} sh ${folder}`;
  t.equal(exitCode, 0, all);
  t.notMatch(all, 'npm was started');
  const known = all.split('\n').filter((line) => line === path.join(TOP, own));
  t.equal(known.length, 2, 'what the outer start had found out stands');
});

t.test('without root it says so where the command needs root, and runs where it does not', async (t) => {
  const folder = t.testdir({ id: '#!/bin/sh\necho 1000\n' });
  chmodSync(path.join(folder, 'id'), 0o755);
  const asUser = run({ env: { PATH: `${folder}:${process.env.PATH}` } });
  const refused = await asUser`./onevip conformance arp`;
  t.equal(refused.exitCode, 3);
  t.match(refused.all, 'needs root: sudo ./onevip conformance arp');
  const tests = await asUser`npm test`;
  t.equal(tests.exitCode, 3);
  t.match(tests.all, 'need root: sudo npm test');
  const judged = await asUser`./onevip check no-such-run`;
  t.equal(judged.exitCode, 64, judged.all);
  t.match(judged.all, 'no run is named no-such-run');
  const helped = await asUser`./onevip conformance --help`;
  t.equal(helped.exitCode, 0, helped.all);
  t.match(helped.all, 'Usage: onevip conformance');
});

t.test('what it is given reaches the command line as it is', async (t) => {
  const { exitCode, all } = await run`./onevip exec ${'no such lab'} node -- echo ${'a  b'}`;
  t.not(exitCode, 0);
  t.match(all, 'no such lab');
});

t.test('a second start adds less than 0.3 s', async (t) => {
  const fastestMs = async (words: string[]) => {
    const times = [];
    for (let start = 0; start < 5; start++) times.push((await execa({ cwd: TOP })`${words} ls`).durationMs);
    return Math.min(...times);
  };
  const added = (await fastestMs(['./onevip'])) - (await fastestMs([process.execPath, 'harness/cli.ts']));
  t.ok(added < 300, `adds ${added.toFixed(0)} ms`);
});
