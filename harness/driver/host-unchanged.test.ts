import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import koffi from 'koffi';
import t from 'tap';

const CLONE_NEWNET = 0x4000_0000;
const CLI = path.resolve(import.meta.dirname, '../cli.ts');
const skip = process.getuid?.() === 0 ? false : 'a lab needs root';

const print = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' });

/** What changes by itself: what is left of the life of an address that was leased. */
const NOISE = /"(?:valid_life_time|preferred_life_time|expires)":\d+,?/g;
/** Names the moment of printing, and counts packets. */
const COUNTED = /^#.*\n|\[\d+:\d+\]/gm;

/** Entries that count what the kernel does, or are not there to be read. */
const COUNTERS = new Set(['net/netfilter/nf_conntrack_count']);

/** Every setting below /proc/sys/net with its value. */
function sysctls(): Map<string, string> {
  const root = '/proc/sys';
  const values = new Map<string, string>();
  for (const entry of readdirSync(`${root}/net`, { recursive: true, withFileTypes: true })) {
    const name = path.relative(root, path.join(entry.parentPath, entry.name));
    if (!entry.isFile() || COUNTERS.has(name)) continue;
    const value = readable(`${root}/${name}`);
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/** Some entries can only be written to, and one has no value until it is given one. */
function readable(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** A kernel module that the lab was the first to need brings settings of its own, which were not there before. */
const changes = (before: Map<string, string>, after: Map<string, string>): string[] =>
  [...before].filter(([name, value]) => after.get(name) !== value).map(([name]) => name);

/** The whole network configuration of the namespace that this test runs in, which is the host's. */
function configuration() {
  return {
    links: print('ip', '-json', 'link').replace(NOISE, ''),
    addresses: print('ip', '-json', 'address').replace(NOISE, ''),
    routes: print('ip', '-json', 'route', 'show', 'table', 'all').replace(NOISE, ''),
    routes6: print('ip', '-json', '-6', 'route', 'show', 'table', 'all').replace(NOISE, ''),
    rules: print('ip', '-json', 'rule'),
    queues: print('tc', 'qdisc', 'show'),
    nftables: print('nft', '--stateless', 'list', 'ruleset'),
    iptables: print('iptables-save').replace(COUNTED, ''),
    ip6tables: print('ip6tables-save').replace(COUNTED, ''),
  };
}

t.test('the host is as it was, after a lab was up, carried traffic and is down', { skip }, async (t) => {
  const lab = `host-${process.pid}`;
  const onevip = (...words: string[]) => spawnSync(process.execPath, [CLI, ...words], { encoding: 'utf8' });
  t.teardown(() => void onevip('down', lab));
  const before = configuration();
  const sysctlsBefore = sysctls();
  t.ok(sysctlsBefore.size > 200, `${sysctlsBefore.size} settings are compared`);

  const up = onevip('up', 'invention', '--name', lab);
  t.equal(up.status, 0, up.stderr);
  const fetch = "for await (const part of (await fetch('http://203.0.113.10/')).body) process.stdout.write(part)";
  const asked = onevip('exec', lab, 'client1', '--', process.execPath, '--input-type=module', '-e', fetch);
  t.match(asked.stdout, /^server\d\n$/, `traffic flows ${asked.stderr}`);
  t.same(configuration(), before, 'while it is up');
  const down = onevip('down', lab);
  t.equal(down.status, 0, down.stderr);

  t.same(configuration(), before);
  t.same(changes(sysctlsBefore, sysctls()), []);
});

/** Moves this process into a network namespace of its own, which vanishes with it. */
function enterThrowAwayNamespace(): void {
  const unshare = koffi.load('libc.so.6').func('int unshare(int flags)');
  if (unshare(CLONE_NEWNET) !== 0) throw new Error(`unshare failed with errno ${koffi.errno()}`);
}

t.test('the comparison sees whatever a lab could leave behind', { skip }, async (t) => {
  enterThrowAwayNamespace();
  print('ip', 'link', 'set', 'lo', 'up');
  const table: [string, string[]][] = [
    ['links', ['ip', 'link', 'add', 'left', 'type', 'veth']],
    ['addresses', ['ip', 'address', 'add', '10.9.9.9/32', 'dev', 'lo']],
    ['routes', ['ip', 'route', 'add', '10.9.8.0/24', 'dev', 'lo', 'table', '99']],
    ['rules', ['ip', 'rule', 'add', 'from', '10.9.9.9', 'lookup', '99']],
    ['queues', ['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'pfifo']],
    ['nftables', ['nft', 'add', 'table', 'ip', 'left']],
    ['iptables', ['iptables', '-A', 'FORWARD', '-j', 'DROP']],
  ];
  for (const [what, [command = '', ...words]] of table) {
    const before = configuration();
    print(command, ...words);
    t.notSame(configuration()[what as keyof typeof before], before[what as keyof typeof before], what);
  }
  const before = sysctls();
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  t.ok(changes(before, sysctls()).includes('net/ipv4/ip_forward'));
});
