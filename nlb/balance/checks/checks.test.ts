import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { checkTcp } from './tcp.ts';
import { judged, type Verdict } from './verdict.ts';
import { watchServer } from './watch.ts';

/** A listener on the loopback, closed at the test's end. */
async function listener(t: { teardown(end: () => void): unknown }): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

t.test('a server that accepts a connection passes, one that refuses it fails with the reason', async (t) => {
  const { port, close } = await listener(t);
  t.match(await checkTcp({ address: '127.0.0.1', port, timeoutMs: 2000 }), { passed: true });
  close();
  t.match(await checkTcp({ address: '127.0.0.1', port, timeoutMs: 2000 }), { passed: false, why: 'ECONNREFUSED' });
});

t.test('a server that has answered in time passes, however busy this thread was then', async (t) => {
  const { port } = await listener(t);
  const result = checkTcp({ address: '127.0.0.1', port, timeoutMs: 20 });
  // The kernel has connected at once; timer and socket are both due when this is over.
  for (const beganMs = performance.now(); performance.now() - beganMs < 60; );
  t.match(await result, { passed: true });
});

t.test(
  'it takes `fall` failures in a row to fall and `rise` successes to rise; the first result decides at once',
  async (t) => {
    const run = (results: string) => {
      let verdict: Verdict | undefined;
      return [...results].map((result) => {
        verdict = judged(verdict, result === '+' ? undefined : 'ECONNREFUSED', { rise: 2, fall: 3 });
        return verdict.healthy ? '+' : '-';
      });
    };
    const cases: [results: string, verdicts: string][] = [
      ['+', '+'],
      ['-', '-'],
      ['+--+--+---', '+++++++++-'],
      ['-+-++', '----+'],
      ['+---++-', '+++--++'],
    ];
    for (const [results, verdicts] of cases) t.equal(run(results).join(''), verdicts, results);
  },
);

t.test('a server is watched: each change of its verdict is told, with the reason', async (t) => {
  const { port, close } = await listener(t);
  const check = { type: 'tcp', intervalMs: 5, timeoutMs: 1000, rise: 2, fall: 2, onFailure: 'keep' } as const;
  const told: Verdict[] = [];
  await new Promise<void>((resolve) => {
    const stop = watchServer({ address: '127.0.0.1', port, check }, (verdict) => {
      told.push(verdict);
      close();
      if (told.length < 2) return;
      stop();
      resolve();
    });
  });
  t.match(told, [{ healthy: true }, { healthy: false, why: 'ECONNREFUSED' }]);
});
