import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { watchSettingsLock } from './settings-lock.ts';

const skip = process.getuid?.() === 0 ? false : 'real-time priority, and namespaces, need root';

/** The kernel unmakes the devices of a namespace in one go, with the lock held. */
const HOLDER = `
for i in $(seq 60); do echo "link add a$i type veth peer name b$i"; done | ip -batch - && exit`;

t.test('that somebody holds the lock on network settings is found out, with its time', { skip }, async (t) => {
  const lock = watchSettingsLock();
  t.teardown(lock.stop);
  const beganNs = process.hrtime.bigint();
  const found: ReturnType<typeof lock.take> = [];
  // Namespaces are unmade in the background, so several are.
  for (let time = 0; time < 20 && found.length === 0; time++) {
    const holders = [1, 2].map(() => spawn('unshare', ['--net', 'sh', '-c', HOLDER]));
    await Promise.all(holders.map((holder) => once(holder, 'exit')));
    found.push(...lock.take());
  }
  t.ok(found.length > 0, 'it was held');
  for (const { fromNs, untilNs } of found) {
    t.ok(fromNs >= beganNs && untilNs <= process.hrtime.bigint(), 'on this clock');
    t.ok(untilNs - fromNs > 2_000_000n && untilNs - fromNs < 1_000_000_000n);
  }
});

t.test('work of other kinds holds no lock', { skip }, async (t) => {
  const lock = watchSettingsLock();
  t.teardown(lock.stop);
  const spin = `const until = Date.now() + 500; while (Date.now() < until);`;
  const busy = [1, 2, 3, 4].map(() => spawn(process.execPath, ['-e', spin]));
  await Promise.all(busy.map((child) => once(child, 'exit')));
  const long = lock.take().filter(({ fromNs, untilNs }) => untilNs - fromNs > 100_000_000n);
  t.same(long, []);
});
