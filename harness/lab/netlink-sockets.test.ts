import t from 'tap';
import { netlinkSockets, parseNetlinkSockets } from './netlink-sockets.ts';

const LISTED = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
00000000e42163b2 0   0          00000000 0        0        0     2        0        4       
000000004a0f0875 0   71234      00000014 213120   0        0     2        1207     416     
`;

t.test('each row is a socket, with what it has lost', async (t) => {
  t.same(parseNetlinkSockets(LISTED), [
    { port: 0, groups: 0, drops: 0 },
    { port: 71_234, groups: 0x14, drops: 1207 },
  ]);
  t.same(parseNetlinkSockets(''), []);
});

t.test('this kernel lists them so', async (t) => {
  const sockets = netlinkSockets();
  t.ok(sockets.length > 0);
  for (const socket of sockets) t.ok(Object.values(socket).every(Number.isSafeInteger), JSON.stringify(socket));
});
