import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import t from 'tap';
import { inNamespace, netnsPath } from './namespace.ts';

const skip = process.getuid?.() === 0 ? false : 'namespaces need root';
const NETNS = `h-namespace-test-${process.pid}`;

const home = () => readlinkSync('/proc/thread-self/ns/net');
const ip = (...words: string[]): string => execFileSync('ip', ['-n', NETNS, ...words], { encoding: 'utf8' });

t.test('in a real namespace', { skip }, async (t) => {
  t.before(() => {
    execFileSync('ip', ['netns', 'add', NETNS]);
    ip('link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there');
  });
  t.after(() => execFileSync('ip', ['netns', 'delete', NETNS]));

  t.test('the action runs inside, and afterwards the thread is where it was', async (t) => {
    const before = home();
    const inside = inNamespace(NETNS, home);
    t.not(inside, before);
    t.equal(home(), before);
  });

  t.test('the thread comes back when the action throws, and the error is the action’s own', async (t) => {
    const before = home();
    const broken = () =>
      inNamespace(NETNS, () => {
        throw new Error('the action broke');
      });
    t.throws(broken, { message: 'the action broke' });
    t.equal(home(), before);
  });

  t.test('settings are those of the namespace', async (t) => {
    const file = '/proc/sys/net/ipv4/conf/here/arp_announce';
    ip('link', 'set', 'here', 'up');
    execFileSync('nsenter', [`--net=${netnsPath(NETNS)}`, 'sh', '-c', `echo 2 >${file}`]);
    t.equal(
      inNamespace(NETNS, () => readFileSync(file, 'utf8')),
      '2\n',
    );
    t.throws(() => readFileSync(file), { code: 'ENOENT' }, 'and the host has no such device');
  });

  t.test('one namespace inside another comes back step by step', async (t) => {
    const before = home();
    const [outer, inner, again] = inNamespace(NETNS, () => [home(), inNamespace(NETNS, home), home()]);
    t.same([inner, again], [outer, outer]);
    t.equal(home(), before);
  });

  t.test('a namespace that is not there, or is none, is an error that names it, and nothing has moved', async (t) => {
    const before = home();
    let ran = false;
    const enter = (netns: string) => () =>
      inNamespace(netns, () => {
        ran = true;
      });
    t.throws(enter(`${NETNS}-not-there`), { message: new RegExp(`${NETNS}-not-there`) });
    t.throws(enter('../../proc/self/ns/uts'), { message: /setns failed with errno 22/ });
    t.same([ran, home()], [false, before]);
  });
});
