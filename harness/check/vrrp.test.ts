import t from 'tap';
import { ACCESS, advert, announce, port, SEEN, VIRTUAL_MAC, WAN } from './literal-adverts.ts';
import { arp, internet, OVER, shown, standstill, told } from './literal-history.ts';
import { advertsWellFormed, backupDoesNotAnswer, backupTookOver } from './vrrp.ts';

t.test('advertisements are of version 3, to the group, and from this very link', async (t) => {
  const formed = advertsWellFormed({ lans: ['access'] });
  t.match(told(formed, SEEN, advert(1, 'fw1'), OVER), /^pass: 1 advertisements/);
  t.same(
    shown(
      formed,
      SEEN,
      [1, 2, 3, 4].flatMap((atMs) => advert(atMs, 'fw1')),
      OVER,
    ),
    ['frame 1', 'frame 2', 'frame 3'],
  );
  const other = { source: '10.77.1.2', destination: '10.77.1.3', protocol: 17 };
  const between = { source: VIRTUAL_MAC, destination: VIRTUAL_MAC };
  const small = internet({ atMs: 2, from: port('fw1'), to: [] }, between, other, new Uint8Array(4));
  t.match(told(formed, SEEN, advert(1, 'fw1'), small, OVER), /^pass: 1 advertisements/, 'other packets are none');
  t.match(told(formed, SEEN, advert(1, 'fw1', ACCESS, { version: 2 }), OVER), /^fail: .* is of version 2/);
  t.match(told(formed, SEEN, advert(1, 'fw1', ACCESS, { ttl: 254 }), OVER), /^fail: .* has TTL 254/);
  t.match(told(formed, SEEN, advert(1, 'fw1', ACCESS, { destination: '10.77.1.3' }), OVER), /^fail: .* goes to 10/);
  t.match(told(formed, SEEN, advert(1, 'fw1', ACCESS, { damaged: true }), OVER), /^fail: .* bad checksum/);
  const cut = { source: '10.77.1.2', destination: '224.0.0.18', protocol: 112, ttl: 255 };
  const macs = { source: VIRTUAL_MAC, destination: '01:00:5e:00:00:12' };
  const broken = internet({ atMs: 2, from: port('fw1'), to: [] }, macs, cut, new Uint8Array(4));
  t.match(told(formed, SEEN, advert(1, 'fw1'), broken, OVER), /^fail: .* cut short/);
  t.match(told(formed, advert(1, 'fw1'), OVER), /^unknown: frames of access/);
  t.match(told(formed, SEEN, OVER), /^unknown: no advertisement/);
  t.match(told(advertsWellFormed({ lans: ['access', 'wan'] }), SEEN, advert(1, 'fw1'), OVER), /^unknown: .* on wan/);
});

t.test('the backup does not answer for the VRRP address', async (t) => {
  const options = { address: '10.77.1.1', master: port('fw1'), backup: port('fw2'), mac: VIRTUAL_MAC };
  const silent = backupDoesNotAnswer({ ...options, forMs: 10, atLeast: 1, withinMs: 10 });
  const asker = { senderMac: '02:00:00:00:00:0b', senderIp: '10.77.1.11' };
  const times = [1, 3, 5, 7, 9, 11];
  const request = { operation: 'request' as const, ...asker, targetIp: '10.77.1.1' };
  const ask = times.flatMap((atMs) => arp({ atMs, from: port('nlb1'), to: [port('fw1'), port('fw2')] }, request));
  const reply = (node: string) => times.flatMap((atMs) => replyAt(atMs + 1, node));
  const replyAt = (atMs: number, node: string) =>
    arp(
      { atMs, from: port(node), to: [port('nlb1')] },
      {
        operation: 'reply',
        senderMac: VIRTUAL_MAC,
        senderIp: '10.77.1.1',
        targetMac: asker.senderMac,
        targetIp: asker.senderIp,
      },
    );
  t.match(told(silent, SEEN, ask, reply('fw1'), OVER), /^pass: .*; the master answered/);
  t.equal(
    shown(silent, SEEN, ask, reply('fw1'), OVER).length,
    5,
    'requests that one left unanswered, and one that the other did not',
  );
  t.match(told(silent, SEEN, ask, reply('fw1'), reply('fw2'), OVER), /^fail: fw2\/access answered/);
  t.match(told(silent, SEEN, ask, OVER), /^unknown: the master was not seen answering/);
  t.match(told(silent, SEEN, ask.slice(0, 3), reply('fw1'), OVER), /^unknown: 1 requests .* 10 ms were wanted/);
  t.match(told(silent, SEEN, OVER), /^unknown: 0 requests/);
});

t.test('the backup takes over when three intervals and the skew are over', async (t) => {
  // 3 × 100 ms + (256 - 100) / 256 × 100 ms = 360.9 ms after the last of the master, which is at 100 ms.
  const took = backupTookOver({ legs: [ACCESS], intervalMs: 100, priority: 100, toleranceMs: 20 });
  const silence = [SEEN, advert(0, 'fw1'), advert(100, 'fw1')].flat();
  t.match(told(took, silence, advert(461, 'fw2'), announce(462), advert(561, 'fw2'), OVER), /^pass: .* on 1 legs/);
  t.match(told(took, silence, advert(445, 'fw2'), announce(446), OVER), /^pass/, 'sooner by the tolerance');
  t.match(told(took, silence, advert(461, 'fw2'), announce(481), OVER), /^pass/, 'and an announcement later by it');
  const due = [silence, advert(461, 'fw2'), announce(462)].flat();
  t.match(told(took, due, advert(300, 'fw1', { ...ACCESS, id: 99 }), OVER), /^pass/, 'another router’s goes on');
  t.match(told(took, due, advert(50, 'fw2'), OVER), /^pass/, 'what the backup said before is another matter');
  const none = backupTookOver({ legs: [], intervalMs: 100, priority: 100, toleranceMs: 20 });
  t.equal(told(none, due, OVER), 'unknown: no leg was named');
  t.match(told(took, silence, advert(430, 'fw2'), announce(431), OVER), /^fail: .* 330 ms after .* due after 360\.938/);
  t.match(told(took, silence, advert(490, 'fw2'), announce(491), OVER), /^fail: .* 390 ms after/);
  const stood = standstill(455, 485);
  t.match(told(took, silence, stood, advert(490, 'fw2'), announce(491), OVER), /^pass/, 'the machine stood still');
  t.match(told(took, silence, stood, advert(430, 'fw2'), announce(431), OVER), /^fail: .* 330 ms/, 'too early is so');
  t.match(told(took, silence, advert(461, 'fw2'), OVER), /^fail: fw2\/access did not announce 10\.77\.1\.1/);
  t.match(told(took, silence, advert(461, 'fw2'), announce(600), OVER), /^fail: .* did not announce/);
  const another = advert(461, 'fw2', { ...ACCESS, id: 99 });
  t.match(
    told(took, silence, another, announce(461), OVER),
    /^fail: .* never advertised/,
    'another router is not meant',
  );
  t.match(told(took, silence, OVER), /^fail: fw2\/access never advertised/);
  t.match(told(took, advert(100, 'fw1'), OVER), /^unknown: frames of access/);
  t.match(told(took, SEEN, advert(461, 'fw2'), OVER), /^unknown: fw1\/access was not seen/);
  const resigned = advert(110, 'fw1', ACCESS, { priority: 0 });
  t.match(told(took, silence, resigned, advert(150, 'fw2'), announce(150), OVER), /^unknown: fw1\/access resigned/);

  const both = backupTookOver({ legs: [ACCESS, WAN], intervalMs: 100, priority: 100, toleranceMs: 20 });
  const later = [advert(160, 'fw1', WAN), advert(461, 'fw2'), announce(462)].flat();
  const along = [advert(465, 'fw2', WAN), announce(466, WAN)].flat();
  t.match(told(both, silence, later, along, OVER), /^pass: .* on 2 legs/, 'the first takes the other along');
  t.match(told(both, silence, later, advert(521, 'fw2', WAN), announce(522, WAN), OVER), /^fail: fw2\/wan advertised/);
  t.match(told(both, silence, later, advert(465, 'fw2', WAN), OVER), /^fail: fw2\/wan did not announce/);
});
