import t from 'tap';
import type { Probe, Summary } from './message.ts';
import { startUdpProbes } from './udp-probes.ts';

function block(forMs: number): void {
  const untilMs = performance.now() + forMs;
  while (performance.now() < untilMs);
}

t.test('every refused datagram is told as refused, also when hold-ups make them leave in bursts', async (t) => {
  const probes: Probe[] = [];
  const done = Promise.withResolvers<Summary>();
  const options = { target: '127.0.0.1:1', perSecond: 500, sourcePorts: 2, timeoutMs: 5000 };
  const operation = startUdpProbes('x', options, {
    probe: (probe) => {
      probes.push(probe);
      if (probes.length % 20 === 0) block(30);
      if (probes.length === 200) operation.stop();
    },
    opened: () => {},
    ended: done.resolve,
  });
  const { sent } = await done.promise;
  t.equal(probes.length, sent);
  t.same(new Set(probes.map(({ outcome }) => outcome)), new Set(['refused']));
});
