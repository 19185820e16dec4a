import t from 'tap';
import type { AddressesSeen } from '../kernel/address-events.ts';
import type { InterfaceAddress } from '../kernel/addresses.ts';
import { SyscallError } from '../kernel/syscall-error.ts';
import type { AddressChange } from './address-change.ts';
import { type AliasKeeper, keepAlias } from './alias-keeper.ts';

const NLBS = '10.77.1.100';
const ALIAS: InterfaceAddress = { ifindex: 2, address: NLBS, prefixLength: 32, label: 'access:nlbs' };
const EPERM = 1;
const ENODEV = 19;

/** A kernel in memory, whose answers can be held up and refused. */
function openKernel() {
  let [held, failure]: [Promise<void>, number] = [Promise.resolve(), 0];
  const standing: InterfaceAddress[] = [];
  const seen: AddressesSeen = { events: [], overrun: false };
  const asked: string[] = [];
  const tell = (change: 'added' | 'removed', address: InterfaceAddress) => seen.events.push({ change, address });
  const put = (address: InterfaceAddress) => {
    standing.push(address);
    tell('added', address);
  };
  const take = (address: InterfaceAddress) => {
    standing.splice(standing.indexOf(address), 1);
    tell('removed', address);
  };
  const comply = async (what: string) => {
    asked.push(what);
    await held;
    if (failure !== 0) throw new SyscallError(what, NLBS, failure);
  };
  const kernel = {
    list: async () => [...standing],
    add: async (address: InterfaceAddress) => {
      await comply('add');
      if (standing.includes(address)) return 'already' as const;
      put(address);
      return 'added' as const;
    },
    remove: async (address: InterfaceAddress) => {
      await comply('remove');
      if (!standing.includes(address)) return 'absent' as const;
      take(address);
      return 'removed' as const;
    },
  };
  const events = { take: () => ({ events: seen.events.splice(0), overrun: seen.overrun }) };
  return {
    kernel,
    events,
    standing,
    asked,
    put,
    take,
    overrun: (is: boolean) => {
      seen.overrun = is;
    },
    refuse: (errno: number) => {
      failure = errno;
    },
    hold: () => {
      const gate = Promise.withResolvers<void>();
      held = gate.promise;
      return gate.resolve;
    },
  };
}

function keeping() {
  const world = openKernel();
  const corrected: string[] = [];
  const problems: string[] = [];
  let nowMs = 0;
  const keeper: AliasKeeper = keepAlias({
    nlbs: NLBS,
    events: world.events,
    kernel: world.kernel,
    nowMs: () => nowMs,
    corrected: ({ change, address }: AddressChange) => corrected.push(`${change} ${address.label}`),
    problem: (text) => problems.push(text),
  });
  /** A tick every ten milliseconds, and what it began brought to its end. */
  const wait = async (ms: number) => {
    for (const end = nowMs + ms; nowMs < end; nowMs += 10) {
      keeper.look(nowMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { ...world, keeper, corrected, problems, wait };
}

t.test('what is taken away is put back within 60 ms, and what is put elsewhere is taken off', async (t) => {
  const { keeper, corrected, wait, put, take, standing } = keeping();
  keeper.want(ALIAS);
  put(ALIAS);
  await wait(30);
  t.same(corrected, [], 'nothing was wrong');
  take(ALIAS);
  await wait(60);
  t.same([corrected, standing], [['add access:nlbs'], [ALIAS]]);
  const stray = { ...ALIAS, ifindex: 3, label: 'server' };
  put(stray);
  await wait(60);
  t.same([corrected, standing], [['add access:nlbs', 'remove server'], [ALIAS]]);
});

t.test('before it is configured where the alias belongs, it leaves it as it is', async (t) => {
  const { keeper, wait, put, standing } = keeping();
  put(ALIAS);
  await wait(100);
  t.same(standing, [ALIAS]);
  keeper.want(undefined);
  await wait(60);
  t.same(standing, []);
});

t.test('it asks the kernel only when there is a reason to', async (t) => {
  const { keeper, kernel, wait, put, overrun } = keeping();
  let lists = 0;
  const { list } = kernel;
  kernel.list = () => {
    lists++;
    return list();
  };
  keeper.want(undefined);
  await wait(300);
  t.equal(lists, 1);
  put({ ...ALIAS, address: '192.0.2.1' });
  await wait(300);
  t.equal(lists, 1, 'what is not ours is no reason');
  overrun(true);
  await wait(60);
  overrun(false);
  t.ok(lists > 1, 'what was missed may have been ours');
});

t.test('whoever takes it away again and again has it put back at a bounded rate', async (t) => {
  const { keeper, corrected, wait, put, take, standing } = keeping();
  keeper.want(ALIAS);
  put(ALIAS);
  for (let times = 0; times < 100; times++) {
    if (standing.includes(ALIAS)) take(ALIAS);
    await wait(10);
  }
  t.ok(corrected.length >= 15 && corrected.length <= 21, `${corrected.length} times in a second`);
});

t.test('who lets go of the lead while it is being put back does not hold it in the end', async (t) => {
  const { keeper, wait, hold, asked, standing, corrected } = keeping();
  const release = hold();
  keeper.want(ALIAS);
  await wait(30);
  t.same([asked, standing], [['add'], []], 'the kernel has been asked, and waits for its lock');
  keeper.want(undefined);
  release();
  await wait(120);
  t.same([asked, standing], [['add', 'remove'], []]);
  t.same(corrected, ['add access:nlbs', 'remove access:nlbs']);
});

t.test(
  'what the kernel refuses is said once, tried again, and stands against the node until it is seen to be granted',
  async (t) => {
    const { keeper, wait, refuse, asked, problems, standing } = keeping();
    refuse(EPERM);
    keeper.want(ALIAS);
    await wait(500);
    t.ok(keeper.isRefused(500));
    t.ok(asked.length >= 5, `asked ${asked.length} times`);
    t.equal(problems.length, 1);
    keeper.want(undefined);
    await wait(100);
    t.ok(keeper.isRefused(600), 'who has let go of it cannot see whether it would be granted');
    t.notOk(keeper.isRefused(20_000), 'and so is believed fit after a while');
    refuse(0);
    keeper.want(ALIAS);
    await wait(60);
    t.same([keeper.isRefused(660), standing], [false, [ALIAS]]);
  },
);

t.test('an interface that is gone is no refusal: its link is down, and that is known', async (t) => {
  const { keeper, wait, refuse, problems, standing } = keeping();
  refuse(ENODEV);
  keeper.want(ALIAS);
  await wait(200);
  t.same([keeper.isRefused(200), problems], [false, []]);
  refuse(0);
  await wait(60);
  t.same(standing, [ALIAS]);
});
