import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { LabClient } from './lab-client.ts';

/** A server of this machine stands for the cluster, and counts connections. */
let connections = 0;
const server = createServer((_, response) => response.end('well'));
server.on('connection', () => {
  connections += 1;
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
// The file is over when its tests are.
server.unref();
const { port } = server.address() as AddressInfo;

/** Where sockets were made: in a node's network, or not. */
let entered = 0;
const client = () =>
  new LabClient(
    {
      inside: (action) => {
        entered += 1;
        return action();
      },
    },
    '127.0.0.1',
  );

async function ask(agent: ReturnType<LabClient['agent']>): Promise<string> {
  const asked = request({ host: '127.0.0.1', port, agent }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return text(response);
}

t.test('every socket is made in the node’s network', async (t) => {
  const own = client();
  entered = 0;
  const socket = own.connect(port);
  await once(socket, 'connect');
  t.equal(await ask(own.agent()), 'well');
  t.equal(entered, 2);
  own.close();
});

t.test('no local port comes again soon, and one that is taken is passed over', async (t) => {
  const [own, another] = [client(), client()];
  const portOf = async (one: LabClient, isKept: boolean): Promise<number> => {
    const socket = one.connect(port);
    await once(socket, 'connect');
    const { localPort = 0 } = socket;
    if (!isKept) socket.destroy();
    return localPort;
  };
  const used = [await portOf(own, false), await portOf(own, true), await portOf(own, true)];
  t.strictSame(
    used,
    [...new Set(used)].toSorted((a, b) => a - b),
    'each is higher than those before',
  );
  t.ok(Math.max(...used) < 32_768, 'none that the kernel would choose');
  t.notOk(used.slice(1).includes(await portOf(another, true)));
  own.close();
  another.close();
});

t.test('requests have a connection each, or share them', async (t) => {
  const own = client();
  for (const [keepAlive, wanted] of [
    [false, 3],
    [true, 1],
  ] as const) {
    connections = 0;
    const agent = own.agent({ keepAlive, maxSockets: 1 });
    for (let i = 0; i < 3; i += 1) await ask(agent);
    t.equal(connections, wanted);
  }
  own.close();
});

t.test('what is open is cut off at the end, and not before', async (t) => {
  const own = client();
  const socket = own.connect(port);
  await once(socket, 'connect');
  t.equal(socket.destroyed, false);
  own.close();
  t.equal(socket.destroyed, true);
});

t.test('a connection is waited for until one opens', async (t) => {
  const own = client();
  await own.waitForConnection(port, 1000);
  const late = createServer().listen(0, '127.0.0.1');
  await once(late, 'listening');
  const { port: latePort } = late.address() as AddressInfo;
  late.close();
  await t.rejects(own.waitForConnection(latePort, 50), { message: /in vain for: a connection to 127.0.0.1:\d+ opens/ });
  const opening = own.waitForConnection(latePort, 5000);
  late.listen(latePort, '127.0.0.1');
  await opening;
  late.close();
  own.close();
});
