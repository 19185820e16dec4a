import { execFileSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import koffi from 'koffi';
import t from 'tap';
import { deviceIndex, setOffload } from './device.ts';
import { sendTagsInFrames } from './features.ts';
import { inNamespace } from './namespace.ts';

const skip = process.getuid?.() === 0 ? false : 'namespaces need root';
const NETNS = `h-device-test-${process.pid}`;

/** The asking twins (linux/ethtool.h) of the commands that the code gives. */
const ASK = { 'tx-checksum': 0x16, gro: 0x2b };
const SIOCETHTOOL = 0x8946;
const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const Request = koffi.struct({ name: koffi.array('char', 16), data: 'void *', rest: koffi.array('uint8', 16) });
const ioctl = libc.func('ioctl', 'int', ['int', 'unsigned long', koffi.inout(koffi.pointer(Request))]);

function isOn(device: string, feature: keyof typeof ASK): boolean {
  return inNamespace(NETNS, () => {
    const fd = socket(2, 2, 0);
    const value = Buffer.alloc(8);
    value.writeUInt32LE(ASK[feature], 0);
    const refused = ioctl(fd, SIOCETHTOOL, { name: device, data: value, rest: new Array(16).fill(0) }) !== 0;
    closeSync(fd);
    if (refused) throw new Error(`errno ${koffi.errno()}`);
    return value.readUInt32LE(4) !== 0;
  });
}

const ip = (...words: string[]): string => execFileSync('ip', ['-n', NETNS, ...words], { encoding: 'utf8' });

t.test('in a real namespace', { skip }, async (t) => {
  t.before(() => {
    execFileSync('ip', ['netns', 'add', NETNS]);
    ip('link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there');
  });
  t.after(() => execFileSync('ip', ['netns', 'delete', NETNS]));

  t.test('a device has its index in its namespace, and none outside', async (t) => {
    const [shown] = JSON.parse(ip('-json', 'link', 'show', 'here')) as { ifindex: number }[];
    t.equal(
      inNamespace(NETNS, () => deviceIndex('here')),
      shown?.ifindex,
    );
    t.throws(() => inNamespace(NETNS, () => deviceIndex('elsewhere')), { message: /no network device elsewhere/ });
  });

  t.test('tags are sent in frames, and nothing else is changed', async (t) => {
    const features = () =>
      execFileSync('ip', ['netns', 'exec', NETNS, 'ethtool', '-k', 'there'], { encoding: 'utf8' }).split('\n');
    const before = features();
    inNamespace(NETNS, () => sendTagsInFrames('there'));
    t.same(
      features().filter((line) => !before.includes(line)),
      ['tx-vlan-offload: off', 'tx-vlan-stag-hw-insert: off'],
    );
    t.throws(() => inNamespace(NETNS, () => sendTagsInFrames('elsewhere')), { message: /on elsewhere: errno 19/ });
  });

  t.test('offloads are switched off and on, and no other is changed', async (t) => {
    const set = (feature: keyof typeof ASK, on: boolean) => inNamespace(NETNS, () => setOffload('here', feature, on));
    const both = () => [isOn('here', 'tx-checksum'), isOn('here', 'gro')];
    for (const [checksum, gro] of [
      [true, false],
      [false, false],
      [false, true],
      [true, true],
    ] as const) {
      set('tx-checksum', checksum);
      set('gro', gro);
      t.same(both(), [checksum, gro]);
    }
    t.equal(isOn('there', 'gro'), false, 'the other end is as it was');
    const unknown = () => inNamespace(NETNS, () => setOffload('elsewhere', 'gro', true));
    t.throws(unknown, { message: 'cannot switch gro on on elsewhere: errno 19' });
  });
});
