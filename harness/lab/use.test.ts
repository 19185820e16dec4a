import t from 'tap';
import { loadPlan } from '../topology/load.ts';
import { Lab } from './lab.ts';

const labWith = (system: string): Lab =>
  new Lab({ name: 'use', system, driver: 'netns', plan: loadPlan('invention'), madeAt: '2026-11-26T00:00:00.000Z' });

t.test('outside of tests all that a system has may be used', async (t) => {
  t.equal(labWith('nlb').use('heartbeats').legs.length, 2);
  t.equal(labWith('keepalived-nft').use('heartbeats').sentTo, 'vrrp');
});

t.test('what it has not is refused with its own words', async (t) => {
  t.throws(() => labWith('keepalived-nft').use('handover'), {
    message:
      'keepalived-nft has no "handover": keepalived has no command that hands over: one stops it, or changes a priority',
  });
});

t.test('a test may use what it needs, and nothing else, though the system has it', async (t) => {
  const lab = labWith('nlb');
  lab.granted = new Set(['heartbeats']);
  t.ok(lab.use('heartbeats'));
  t.throws(() => lab.use('handover'), {
    message: `the test uses "handover" of nlb and does not say so: needs: ['handover'] is missing`,
  });
});

t.test('a setup that is reloaded needs what it asks for', async (t) => {
  const lab = labWith('nlb');
  lab.granted = new Set(['reload']);
  await t.rejects(lab.reload(lab.node('nlb1'), { weights: { server1: 2 } }), {
    message: /needs: \['weights'\] is missing/,
  });
});
