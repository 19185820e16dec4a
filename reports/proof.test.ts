import t from 'tap';
import { proofsText, readProof, requirementsIn } from './proof.ts';

const PROVES = ['HA-12 forged', 'HA-1', 'HA-12 stale key'];

t.test('a proof is a requirement, or one aspect of it, whose name may have several words', async (t) => {
  t.same(PROVES.map(readProof), [
    { id: 'HA-12', aspect: 'forged' },
    { id: 'HA-1' },
    { id: 'HA-12', aspect: 'stale key' },
  ]);
  t.same(requirementsIn(PROVES), ['HA-12', 'HA-1']);
});

t.test('each requirement is told once, with its aspects', async (t) => {
  t.equal(proofsText(PROVES), 'HA-12 forged, stale key; HA-1');
  t.equal(proofsText(['ARP-1', 'ARP-2']), 'ARP-1; ARP-2');
  t.equal(proofsText([]), '');
});
