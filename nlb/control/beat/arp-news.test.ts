import t from 'tap';
import { type ArpSeen, named, nobody } from '../../pair/witness.ts';
import { hearAll } from './arp-news.ts';

const [OWN, PEER, OTHER] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b', '02:00:5e:00:53:99'];
const ENDS = { ownMac: OWN, ownAddress: '10.77.1.11', peerAddress: '10.77.1.12', nlbs: '10.77.1.100' };
const answer = (senderMac: string, senderIp: string, targetIp = ENDS.ownAddress): ArpSeen => ({
  operation: 'reply',
  senderMac,
  senderIp,
  sourceMac: senderMac,
  targetMac: OWN,
  targetIp,
});

t.test('packets count in their order: who has become the witness answers from then on', async (t) => {
  const packets = [
    answer(PEER, ENDS.nlbs),
    answer(PEER, ENDS.peerAddress),
    answer(PEER, ENDS.nlbs),
    answer(PEER, ENDS.nlbs, '0.0.0.0'),
    answer(OTHER, ENDS.nlbs),
  ];
  t.same(hearAll(nobody, packets, ENDS), {
    witness: { mac: PEER, named: false },
    heard: { found: PEER, answers: [PEER], isPeerPresent: true, others: [PEER, OTHER], peer: [PEER] },
  });
});

t.test('a witness that is known is no news', async (t) => {
  const { heard } = hearAll(named(PEER), [answer(PEER, ENDS.peerAddress)], ENDS);
  t.same(heard, { answers: [], isPeerPresent: true, others: [], peer: [] });
});
