import t from 'tap';
import { type CostSample, type Missing, measureDatapath, type Rate } from './measured.ts';

const skip = process.getuid?.() === 0 ? false : 'namespaces need root';

t.test('what the measuring programs print is understood', { skip }, async (t) => {
  const cost = ['--runs', '20', '--servers', '3', '--services', '1', '--connections', '0'];
  const seen: (CostSample | Rate | Missing)[] = [];
  const expected: number[] = [];
  const rate = ['--trials', '1', '--frames', '1000'];
  for await (const figure of measureDatapath({ cost, rate }, (count) => expected.push(count))) seen.push(figure);
  t.same(expected, [6, 4], 'each program says first how many there will be');
  t.same(
    seen.map((figure) => ('forwardingPath' in figure ? figure.forwardingPath : figure.workload)),
    ['established', 'round-robin', 'new', 'first ACK', 'short', 'flood', 'xdp', 'tc', 'userspace', 'nftables'],
  );
});

t.test('a program that fails is an error', async (t) => {
  const measure = async () => {
    for await (const _ of measureDatapath({ cost: ['--no-such-option'], rate: [] })) t.fail('nothing is measured');
  };
  await t.rejects(measure(), { message: /cost\.ts --no-such-option/ });
});
