import t from 'tap';
import { enterPrivateNamespaces, until } from '../kernel/private-namespaces.ts';
import { bytesOf, TO_SERVER_SIDE, TO_US } from './kit/frames.ts';
import { makeInterfaces } from './kit/rig.ts';
import { openLeased, type Scope, send } from './kit/send.ts';
import { openLease } from './tables/lease.ts';

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

const PEER_BOOT = 'b007b007b007b007';
const OTHER_BOOT = '5e5e5e5e5e5e5e5e';
const LEAST_BYTES = 105;

interface Datagram {
  from: string;
  to: string;
  sourcePort: string;
  port: string;
  fragment: string;
  magic: string;
  boot: string;
  bytes: number;
}
const usual: Datagram = {
  from: '0a4d010c',
  to: '0a4d010b',
  sourcePort: '1256',
  port: '1256',
  fragment: '0000',
  magic: '4e4c4250',
  boot: PEER_BOOT,
  bytes: LEAST_BYTES,
};

/** A beat of the peer by the access path, but for what is changed. */
function beat(change: Partial<Datagram> = {}, macs = TO_US): Buffer {
  const { from, to, sourcePort, port, fragment, magic, boot, bytes } = { ...usual, ...change };
  const word = (value: number) => value.toString(16).padStart(4, '0');
  const ip = `0800 4500 ${word(28 + bytes)} 0001 ${fragment} 4011 0000 ${from} ${to}`;
  const payload = `${magic} 04 00020203 ${boot}`
    .replaceAll(' ', '')
    .padEnd(2 * bytes, '0')
    .slice(0, 2 * bytes);
  return bytesOf(`${macs} ${ip} ${sourcePort} ${port} ${word(8 + bytes)} 0000 ${payload}`);
}

const NO_BEATS: Record<string, Partial<Datagram>> = {
  'from another address': { from: '0a4d010d' },
  'from the peer’s address on the other subnet': { from: '0a4d020c' },
  'from another port': { sourcePort: '1257' },
  'too short': { bytes: LEAST_BYTES - 1 },
  'too short for the beginning': { bytes: 16 },
  'too long': { bytes: 513 },
  'of another protocol': { magic: '4e4c4251' },
  'a fragment': { fragment: '2000' },
};

for (const hook of ['xdp', 'tc'] as const) {
  const open = (scope: Scope) => {
    const datapath = openLeased(scope);
    const page = openLease(datapath.leaseFd);
    scope.teardown(() => page.close());
    page.expectBoot(PEER_BOOT.repeat(2));
    const outcomeOf = (frame: Buffer, on?: string) => send(datapath, hook, frame, on).counted[0];
    return { page, outcomeOf };
  };

  t.test(`${hook}: at the heartbeat's port, what cannot be a beat of the peer is dropped`, async (t) => {
    const { outcomeOf } = open(t);
    t.equal(outcomeOf(beat()), 'PASSED_BEAT');
    t.equal(outcomeOf(beat({ bytes: 512 })), 'PASSED_BEAT');
    t.equal(outcomeOf(beat({ to: '0a4d020b', from: '0a4d020c' }, TO_SERVER_SIDE), 'server'), 'PASSED_BEAT');
    for (const [what, change] of Object.entries(NO_BEATS)) t.equal(outcomeOf(beat(change)), 'DROPPED_NO_BEAT', what);
    const toAll = beat({ from: '0a4d010d' }, 'ffffffffffff 020000000011');
    t.equal(outcomeOf(toAll), 'DROPPED_NO_BEAT', 'to everybody');
    const toOthers = beat({ from: '0a4d010d' }, '020000000099 020000000011');
    t.equal(outcomeOf(toOthers), 'PASSED_NOT_OURS', 'to another station: the kernel looks at no more of it');
    t.equal(outcomeOf(beat({ port: '1257', from: '0a4d010d' })), 'PASSED_NOT_OURS', 'to another port of ours');
    t.equal(outcomeOf(beat({ to: '0a4d010d', from: '0a4d010d' })), 'PASSED_NOT_OURS', 'to an address that is not ours');
  });

  t.test(
    `${hook}: a flood in the peer's name does not keep the peer's beats out, unless it knows the peer's boot`,
    async (t) => {
      const { page, outcomeOf } = open(t);
      const burst = (boot: string) => Array.from({ length: 100 }, () => outcomeOf(beat({ boot })));
      const flooded = (boot: string) =>
        until(() => burst(boot).includes('DROPPED_BEAT_FLOOD'), `beats of ${boot} are too many`);
      await flooded(OTHER_BOOT);
      t.equal(outcomeOf(beat()), 'PASSED_BEAT');
      const [unverified, verified] = page.peer().allowances;
      t.ok((unverified?.passed ?? 0n) <= 16n && (verified?.passed ?? 0n) >= 1n);
      await flooded(PEER_BOOT);
      t.equal(
        outcomeOf(beat({ to: '0a4d020b', from: '0a4d020c' }, TO_SERVER_SIDE), 'server'),
        'PASSED_BEAT',
        'the other path is free',
      );
      await until(() => outcomeOf(beat()) === 'PASSED_BEAT', 'after a while there is room again');
    },
  );
}
