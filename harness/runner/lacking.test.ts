import t from 'tap';
import { systemNamed } from '../system/systems.ts';
import { needsOf, whySkipped } from './lacking.ts';
import type { Suite } from './suite.ts';

const test = { proves: ['HA-6'], run: async () => ({}) };
const suite: Suite = { name: 'one', title: '', topologies: ['invention'], seconds: 1, tests: {} };

t.test('a test needs what it says, what its suite says, and what its pair asks for', async (t) => {
  t.same(needsOf(suite, test), []);
  const asking: Suite = { ...suite, needs: ['reload'], pair: { keeps: true, maxConnections: 1024 } };
  t.same(needsOf(asking, { ...test, needs: ['reload', 'handover'] }), ['keeps', 'reload', 'handover']);
});

t.test('what the system lacks skips it, in the system’s own words', async (t) => {
  const [nlb, keepalived] = [systemNamed('nlb'), systemNamed('keepalived-nft')];
  const needing = { ...test, needs: ['handover' as const] };
  t.equal(whySkipped(suite, test, keepalived), undefined);
  t.equal(whySkipped(suite, needing, nlb), undefined);
  t.equal(whySkipped(suite, needing, keepalived), `keepalived-nft has no handover: ${keepalived.lacks.handover}`);
  t.match(whySkipped({ ...suite, needs: ['stateScripts'] }, test, keepalived), /has no state scripts: /);
});

t.test('so does what it lacks when it forwards that way', async (t) => {
  const nlb = systemNamed('nlb');
  const inStep: Suite = { ...suite, pair: { inStep: true } };
  t.equal(whySkipped(inStep, test, nlb, 'tc'), undefined);
  t.match(whySkipped(inStep, test, nlb, 'userspace'), /^nlb has no in step: packets that wait/);
  t.equal(whySkipped(suite, test, nlb, 'userspace'), undefined);
});

t.test('else what the machine lacks does', async (t) => {
  const lacking = { ...test, lacks: () => 'there is no history' };
  t.equal(whySkipped(suite, lacking, systemNamed('nlb')), 'there is no history');
});
