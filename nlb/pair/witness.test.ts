import t from 'tap';
import { type ArpNews, type ArpSeen, hearArp, named, nobody, type Witness } from './witness.ts';

const OWN = '02:00:00:00:00:0a';
const PEER = '02:00:00:00:00:0b';
const OTHER = '02:00:5e:00:53:99';
const ENDS = { ownMac: OWN, ownAddress: '10.77.1.11', peerAddress: '10.77.1.12', nlbs: '10.77.1.100' };

/** An answer by the peer to a question of ours for the NLBS address, but for what is changed. */
const answer = (change: Partial<ArpSeen> = {}): ArpSeen => ({
  operation: 'reply',
  senderMac: PEER,
  senderIp: ENDS.nlbs,
  targetMac: OWN,
  targetIp: ENDS.ownAddress,
  sourceMac: change.senderMac ?? PEER,
  ...change,
});
const ofItself = (change: Partial<ArpSeen> = {}) => answer({ senderIp: ENDS.peerAddress, ...change });

t.test('the peer’s own hardware address is the witness, and no other', async (t) => {
  const cases: [string, Witness, ArpSeen, ArpNews | undefined][] = [
    ['the peer answers us', named(PEER), answer(), 'answer'],
    ['before anybody is known', nobody, answer(), 'claim'],
    ['somebody else answers us', named(PEER), answer({ senderMac: OTHER }), 'claim'],
    ['somebody else, for the peer', named(PEER), answer({ sourceMac: OTHER }), 'peer claim'],
    ['a switch answers a probe of ours for the peer', named(PEER), answer({ targetIp: '0.0.0.0' }), 'peer claim'],
    ['a switch answers an announcement of ours', named(PEER), answer({ targetIp: ENDS.nlbs }), 'peer claim'],
    ['the peer answers another station', named(PEER), answer({ targetMac: OTHER }), 'peer claim'],
    ['the peer announces', named(PEER), answer({ operation: 'request', targetIp: ENDS.nlbs }), 'peer claim'],
    ['we ourselves', named(PEER), answer({ senderMac: OWN }), undefined],
    ['about another address', named(PEER), answer({ senderIp: '10.77.1.1' }), undefined],
    ['the peer’s host is there', named(PEER), ofItself(), 'present'],
    ['somebody has its address', named(PEER), ofItself({ senderMac: OTHER }), undefined],
    ['it answers another station', named(PEER), ofItself({ targetMac: OTHER }), undefined],
  ];
  for (const [what, witness, packet, news] of cases) t.equal(hearArp(witness, packet, ENDS).news, news, what);
});

t.test(
  'until a beat names it, the witness is who answers for the peer’s address; then no packet changes it',
  async (t) => {
    const found = hearArp(nobody, ofItself(), ENDS);
    t.same(found, { witness: { mac: PEER, named: false }, news: 'present' });
    t.equal(hearArp(found.witness, answer(), ENDS).news, 'answer');
    t.same(hearArp(found.witness, ofItself({ senderMac: OTHER }), ENDS).witness, { mac: OTHER, named: false });
    t.same(hearArp(named(PEER), ofItself({ senderMac: OTHER }), ENDS).witness, named(PEER));
    for (const unasked of [ofItself({ operation: 'request' }), ofItself({ targetIp: '0.0.0.0' })])
      t.same(hearArp(nobody, unasked, ENDS).witness, nobody);
  },
);
