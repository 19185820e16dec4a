import t from 'tap';
import { bootNs, suspendedNs } from '../../kernel/clock.ts';
import { type LeasePage, openExecutor } from './executor.ts';

const MS = 1_000_000n;
const GRACE_MS = 500;
const nowMs = () => Number(bootNs()) / 1e6;
const ACCESS = { device: 'nowhere', ownAddress: '10.77.1.11', peerAddress: '10.77.1.12', nlbs: '10.77.1.100' };

/**
 * An executor, and a lease page in plain memory. What is `storing` happens in the midst of a renewal, as a stall would: before
 * the first of its stores, and between the two.
 */
function holding(answerUntilNs: bigint, storing: { first?: () => void; between?: () => void } = {}) {
  let times = { answerUntilNs: 0n, forwardUntilNs: 0n };
  const [named, booted]: [string[], string[]] = [[], []];
  const page: LeasePage = {
    get: () => times,
    answerUntil: (ns) => {
      if (ns !== 0n) storing.between?.();
      times = { ...times, answerUntilNs: ns };
    },
    moveForwarding: (from, to) => {
      storing.first?.();
      if (times.forwardUntilNs !== from) return false;
      times = { ...times, forwardUntilNs: to };
      return true;
    },
    peerAskedNs: () => 0n,
    namePeer: (mac) => named.push(mac),
    expectBoot: (boot) => booted.push(boot),
    liveWithThisThread: () => {},
  };
  const executor = executorWith(page);
  times = { answerUntilNs, forwardUntilNs: answerUntilNs };
  /** As the data path does at the sight of another that is about to lead. */
  const fence = () => {
    times = { ...times, forwardUntilNs: 0n };
  };
  return { executor, page, fence, named, booted };
}

const opened = () => openExecutor(ACCESS, GRACE_MS, { want: () => {} }, (text) => t.fail(text));

function executorWith(page: LeasePage) {
  const executor = opened();
  executor.useLease(page, 'new');
  return executor;
}

t.test('a lease is taken where none is held, and renewed while it holds', async (t) => {
  for (const heldNs of [0n, bootNs() + 60_000n * MS]) {
    const { executor, page } = holding(heldNs);
    const endsMs = nowMs() + 60_000;
    t.equal(executor.run('renewLease', endsMs), undefined);
    t.equal(page.get().answerUntilNs, BigInt(Math.floor(endsMs * 1e6)));
    t.equal(page.get().forwardUntilNs, BigInt(Math.floor(endsMs * 1e6)) + BigInt(GRACE_MS) * MS - suspendedNs());
  }
});

t.test('a lease that has lapsed is left as it is, and the role is notified', async (t) => {
  const lapsedNs = bootNs() - 5n * MS;
  const { executor, page } = holding(lapsedNs);
  t.match(executor.run('renewLease', nowMs() + 60_000), /^stalled until \d+ ms after its end$/);
  t.equal(page.get().answerUntilNs, lapsedNs);
});

t.test('a first lease is not taken late', async (t) => {
  const { executor, page } = holding(0n);
  t.match(
    executor.run('renewLease', nowMs() + 60_000, nowMs() - 5),
    /^stalled until 5 ms after it should have been taken$/,
  );
  t.equal(page.get().answerUntilNs, 0n);
});

t.test('none is set that is over already', async (t) => {
  const { executor, page } = holding(0n);
  t.match(executor.run('renewLease', nowMs() - 1), /after the end of the one to be set/);
  t.equal(page.get().answerUntilNs, 0n);
});

for (const when of ['first', 'between'] as const) {
  t.test(`who stalls between the look and a store takes it back (${when})`, async (t) => {
    const heldNs = bootNs() + 100n * MS;
    const { executor, page } = holding(heldNs, {
      [when]: () => {
        while (bootNs() <= heldNs);
      },
    });
    t.match(executor.run('renewLease', nowMs() + 60_000), /^stalled/);
    t.same(page.get(), { answerUntilNs: 0n, forwardUntilNs: heldNs });
  });

  t.test(`who was fenced in such a stall stays so (${when})`, async (t) => {
    const heldNs = bootNs() + 100n * MS;
    const stalled = {
      [when]: () => {
        while (bootNs() <= heldNs);
        fence();
      },
    };
    const { executor, page, fence } = holding(heldNs, stalled);
    t.match(executor.run('renewLease', nowMs() + 60_000), when === 'first' ? /^another node took over$/ : /^stalled/);
    t.equal(page.get().forwardUntilNs, 0n);
    t.ok(page.get().answerUntilNs <= heldNs);
    executor.run('dropLease', 0);
    t.equal(page.get().forwardUntilNs, 0n, 'nor does letting go bring it back');
  });
}

t.test('who lets go of the lease goes on forwarding to its end', async (t) => {
  const heldNs = bootNs() + 100n * MS;
  const { executor, page } = holding(heldNs);
  executor.run('dropLease', 0);
  t.same(page.get(), { answerUntilNs: 0n, forwardUntilNs: heldNs });
});

/** Both clocks as a test sets them, and a page on which this node leads. */
function leading() {
  const now = { bootMs: 1_000_000, suspendedMs: 400_000 };
  const { page } = holding(0n);
  const clocks = { bootNs: () => BigInt(now.bootMs) * MS, suspendedNs: () => BigInt(now.suspendedMs) * MS };
  const executor = openExecutor(ACCESS, GRACE_MS, { want: () => {} }, (text) => t.fail(text), clocks);
  executor.useLease(page, 'new');
  const suspended = (ms: number) => {
    now.bootMs += ms;
    now.suspendedMs += ms;
  };
  t.equal(executor.run('renewLease', now.bootMs + 30), undefined);
  return { now, executor, page, suspended };
}

t.test(
  'answering is bounded by the clock that goes on in a suspension, forwarding by the one that does not',
  async (t) => {
    t.same(leading().page.get(), { answerUntilNs: 1_000_030n * MS, forwardUntilNs: 600_530n * MS });
  },
);

t.test(
  'who was suspended past the end of the lease renews nothing, and forwards no longer than it would have',
  async (t) => {
    for (const [ms, forwardUntilMs] of [
      [100, 600_430n],
      [10_000, 590_530n],
      [2_000_000, 0n],
    ] as const) {
      const { now, executor, page, suspended } = leading();
      suspended(ms);
      t.match(executor.run('renewLease', now.bootMs + 30), /^stalled until \d+ ms after its end$/);
      executor.run('dropLease', 0);
      t.same(page.get(), { answerUntilNs: 0n, forwardUntilNs: forwardUntilMs * MS }, `${ms} ms`);
    }
  },
);

t.test('without a data path there is nothing to renew', async (t) => {
  const executor = opened();
  t.match(executor.run('renewLease', nowMs() + 60_000), /not there/);
});

t.test('the peer has asked when its last question is a new one', async (t) => {
  let askedNs = 7n;
  const executor = executorWith({ ...holding(0n).page, peerAskedNs: () => askedNs });
  t.equal(executor.peerAsked(), true);
  t.equal(executor.peerAsked(), false);
  askedNs = 8n;
  t.equal(executor.peerAsked(), true);
});

t.test('the witness is who a beat names, and the data path is configured', async (t) => {
  const { executor, named } = holding(0n);
  t.same(executor.witness(), { named: false });
  t.equal(executor.nameWitness('02:00:00:00:00:0b'), true);
  t.equal(executor.nameWitness('02:00:00:00:00:0b'), false, 'that is no news');
  t.equal(executor.nameWitness('02:00:00:00:00:0c'), true);
  t.same(executor.witness(), { mac: '02:00:00:00:00:0c', named: true });
  t.same(named, ['02:00:00:00:00:0b', '02:00:00:00:00:0c']);
});

t.test(
  'the data path is configured once with which start of the peer is believed, and anew where it is another data path',
  async (t) => {
    const { executor, page, booted } = holding(0n);
    const [first, second] = ['1'.repeat(32), '2'.repeat(32)];
    for (const boot of [first, first, second]) executor.expectBoot(boot);
    executor.useLease(page, 'new');
    t.same(booted, ['0'.repeat(32), first, second, second]);
  },
);
