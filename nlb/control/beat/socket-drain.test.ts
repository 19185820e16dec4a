import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { openSocketDrain, READ_AT_ONCE } from './socket-drain.ts';

const PATHS = ['access', 'server'] as const;

/** Two sockets of a node, in each of which so many datagrams wait when a tick is due: this thread stood still meanwhile. */
async function read(
  test: { teardown(end: () => void): void },
  waiting: number,
): Promise<Record<(typeof PATHS)[number], number>> {
  const reading = openSocketDrain();
  const count = { access: 0, server: 0 };
  const ports: number[] = [];
  for (const path of PATHS) {
    const socket = createSocket('udp4');
    test.teardown(() => void socket.close());
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    ports.push(socket.address().port);
    socket.on('message', () => {
      count[path]++;
      reading.read(path);
    });
  }
  return new Promise((resolve) => {
    setTimeout(() => reading.whenRead(() => resolve({ ...count })), 1);
    const send = ports.map((port) => `for i in $(seq ${waiting}); do echo beat >/dev/udp/127.0.0.1/${port}; done`);
    execFileSync('bash', ['-c', send.join('\n')]);
  });
}

t.test('a tick comes after all that waits in the sockets', async (t) => {
  for (const waiting of [1, READ_AT_ONCE - 1, READ_AT_ONCE, READ_AT_ONCE + 1, 3 * READ_AT_ONCE])
    t.same(await read(t, waiting), { access: waiting, server: waiting });
});

t.test('but not after a flood', async (t) => {
  const { access, server } = await read(t, 6 * READ_AT_ONCE);
  t.ok(access < 6 * READ_AT_ONCE && server < 6 * READ_AT_ONCE, `${access} and ${server}`);
});
