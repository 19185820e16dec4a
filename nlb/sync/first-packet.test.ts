import t from 'tap';
import { decideFirst, type PacketKind, type Seen, type SlotServers, serverForHeld } from './first-packet.ts';

const isGone = (server: string): boolean => server === 'gone';

t.test('without an entry a flow goes to its exception, is held, or goes where its slot says', async (t) => {
  const settled = (server: string) => ({ server, state: 'settled' }) as const;
  const table: [title: string, seen: Seen, decision: ReturnType<typeof decideFirst>][] = [
    ['no exception', { exception: undefined, committed: 'r', isHeld: false }, { to: 'r' }],
    ['a held slot', { exception: undefined, committed: 'r', isHeld: true }, 'held'],
    ['a slot of nobody', { exception: undefined, committed: undefined, isHeld: false }, 'dropped'],
    [
      'a slot whose server is gone, and not marked yet',
      { exception: undefined, committed: 'gone', isHeld: false },
      'dropped',
    ],
    ['a settled exception', { exception: settled('e'), committed: 'r', isHeld: false }, { to: 'e' }],
    ['a settled exception in a held slot', { exception: settled('e'), committed: 'r', isHeld: true }, { to: 'e' }],
    ['a settled exception whose server is gone', { exception: settled('gone'), committed: 'r', isHeld: false }, 'held'],
  ];
  for (const [title, seen, decision] of table) t.same(decideFirst(seen, isGone), decision, title);
  for (const state of ['adding', 'ending', 'deleting'] as const)
    t.equal(decideFirst({ exception: { server: 'e', state }, committed: 'r', isHeld: false }, isGone), 'held', state);
});

t.test('a held packet that begins a connection follows the wish, and any other where it may have been', async (t) => {
  const [inGrace, outside] = [true, false];
  const both = { committed: 'r', wished: 'n' };
  const table: [kind: PacketKind, servers: SlotServers, isInGrace: boolean, server: string | undefined][] = [
    ['syn', both, outside, 'n'],
    ['syn', both, inGrace, 'n'],
    ['tcp', both, outside, 'r'],
    ['tcp', both, inGrace, 'r'],
    ['udp', both, outside, 'n'],
    ['udp', both, inGrace, 'r'],
    ['tcp', { committed: 'gone', wished: 'n' }, inGrace, 'n'],
    ['udp', { committed: 'gone', wished: 'n' }, inGrace, 'n'],
    ['udp', { committed: undefined, wished: 'n' }, inGrace, 'n'],
    ['syn', { committed: 'r', wished: 'gone' }, outside, undefined],
    ['syn', { committed: 'r', wished: undefined }, outside, undefined],
    ['tcp', { committed: 'gone', wished: 'gone' }, outside, undefined],
  ];
  for (const [kind, servers, isInGrace, server] of table)
    t.equal(
      serverForHeld(kind, servers, isInGrace, isGone),
      server,
      `${kind} of ${JSON.stringify(servers)}, ${isInGrace ? 'in grace' : 'outside'}`,
    );
});
