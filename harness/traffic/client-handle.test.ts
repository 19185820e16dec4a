import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { ProbeEnded } from '../history/event.ts';
import { encodeAnswer, FrameReader, toFrame } from './frame.ts';
import { type Ending, ended, startClient } from './try-programs.ts';

/** A TCP server in this process that treats each connection so; its address. */
async function tcpServer(t: Ending, treat: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    treat(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A UDP server in this process that sends what `answer` gives, each after its delay. */
async function udpServer(t: Ending, answer: (request: Buffer) => [Buffer, number][]) {
  const socket = createSocket('udp4');
  let open = true;
  socket.on('message', async (request, from) => {
    for (const [message, delayMs] of answer(request)) {
      await pause(delayMs);
      if (open) socket.send(message, from.port, from.address);
    }
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => {
    open = false;
    socket.close();
  });
  return `127.0.0.1:${socket.address().port}`;
}

function count(probes: readonly ProbeEnded[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of probes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

t.test('HTTP: a connection that is cut, refused, silent or wrong is told apart', async (t) => {
  const { client } = await startClient(t);
  const cut = await tcpServer(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const silent = await tcpServer(t, () => {});
  const wrong = await tcpServer(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nx-served-by: server1\r\n\r\nserver2\n'));
  });
  const short = await tcpServer(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nx-served-by: server1\r\n\r\nserv'));
  });
  const closed = await tcpServer(t, (socket) => socket.end());
  const failed = (await client.httpRequests({ target: '127.0.0.1:1', count: 5 })).probes;
  const ports = failed.map(({ flow }) => /^client1\.\d+\.\d+ 127\.0\.0\.1:(\d+) > 127\.0\.0\.1:1$/.exec(flow)?.[1]);
  t.ok(
    ports.every((port) => Number(port) > 0),
    'a connection that fails has a source port, too',
  );
  const ask = async (target: string, timeoutMs = 5000) =>
    count((await client.httpRequests({ target, count: 2, timeoutMs })).probes);
  t.same(await ask(cut), { reset: 2 });
  t.same(await ask('127.0.0.1:1'), { refused: 2 });
  t.same(await ask(silent, 100), { lost: 2 });
  t.same(await ask(wrong), { corrupt: 2 });
  t.same(await ask(short), { corrupt: 2 });
  t.same(await ask(closed), { reset: 2 });
});

t.test('TCP flows: a reset, a wrong byte, an answer to another request and no answer are told apart', async (t) => {
  const { client } = await startClient(t);
  const echo = (change: (request: Buffer, turn: number) => Buffer | undefined) => {
    return tcpServer(t, (socket) => {
      const frames = new FrameReader();
      let turn = 0;
      socket.on('data', (piece: Buffer) => {
        for (const request of frames.push(piece)) {
          const answer = change(request, turn);
          turn += 1;
          if (answer) socket.write(toFrame(encodeAnswer('server1', answer)));
          else if (turn === 3) socket.resetAndDestroy();
        }
      });
    });
  };
  const flip = (request: Buffer) => {
    request[20] = (request[20] ?? 0) ^ 1;
    return request;
  };
  const outcomes = async (target: string, until: number, timeoutMs = 5000) => {
    const flows = await client.startTcpFlows({ target, count: 1, intervalMs: 20, payloadBytes: 40, timeoutMs });
    await ended(flows, until);
    return (await flows.stop()).probes.map(({ outcome }) => outcome);
  };
  t.same((await outcomes(await echo((request, turn) => (turn < 2 ? request : undefined)), 3)).slice(0, 3), [
    'answered',
    'answered',
    'reset',
  ]);
  t.same(new Set(await outcomes(await echo(flip), 3)), new Set(['corrupt']));
  t.same((await outcomes(await echo((request) => request.subarray(0, 39)), 1))[0], 'corrupt');
  t.same(new Set(await outcomes(await tcpServer(t, () => {}), 0, 100)), new Set(['lost']));
  t.same(await outcomes('127.0.0.1:1', 1), ['refused']);
});

t.test('a TCP flow that is reset while nothing waits is still seen', async (t) => {
  const { client } = await startClient(t);
  const target = await tcpServer(t, (socket) => void setTimeout(() => socket.resetAndDestroy(), 30));
  const flows = await client.startTcpFlows({ target, count: 3, intervalMs: 60_000 });
  await ended(flows, 3);
  const { probes } = await flows.stop();
  t.equal(count(probes).reset, 3);
});

t.test('UDP: late and doubled answers are counted, and do not make a lost probe answered', async (t) => {
  const { client } = await startClient(t);
  const probe = async (target: string, timeoutMs: number) => {
    const load = await client.startUdpProbes({ target, perSecond: 100, timeoutMs });
    await ended(load, 20);
    const { probes, summary } = await load.stop();
    t.equal(probes.length, summary.sent);
    return { counts: count(probes), summary };
  };
  const twice = await probe(
    await udpServer(t, (r) => [
      [encodeAnswer('a', r), 0],
      [encodeAnswer('a', r), 0],
    ]),
    500,
  );
  t.equal(twice.counts.answered, twice.summary.sent);
  t.ok(twice.summary.duplicate > 0);
  const late = await probe(await udpServer(t, (r) => [[encodeAnswer('a', r), 120]]), 40);
  t.equal(late.counts.lost, late.summary.sent);
  t.ok(late.summary.late > 0);
  const wrong = await probe(await udpServer(t, (r) => [[encodeAnswer('a', Buffer.concat([r, r])), 0]]), 5000);
  t.equal(wrong.counts.corrupt, wrong.summary.sent);
  const refused = await probe('127.0.0.1:1', 5000);
  t.equal(refused.counts.refused, refused.summary.sent);
});

t.test('a command that cannot be done is refused, and the client serves the next', async (t) => {
  const { client } = await startClient(t);
  await t.rejects(client.httpRequests({ target: 'cluster', count: 1 }), {
    message: 'client client1: "cluster" is not ADDRESS:PORT',
  });
  await t.rejects(client.startUdpProbes({ target: '1.2.3.4', perSecond: 1 }), { message: /is not ADDRESS:PORT/ });
  t.equal((await client.httpRequests({ target: '127.0.0.1:1', count: 1 })).probes.length, 1);
});

t.test('when the program dies, whoever waits for it is told', async (t) => {
  const { client, child } = await startClient(t);
  const load = await client.startTcpFlows({ target: await tcpServer(t, () => {}), count: 1 });
  child.kill('SIGKILL');
  await t.rejects(load.stop(), { message: 'the client program on client1 has ended' });
  await t.rejects(client.httpRequests({ target: '127.0.0.1:1', count: 1 }), { message: /has ended/ });
});

t.test('close lets the program end', async (t) => {
  const { client, child } = await startClient(t);
  client.close();
  const [code] = await once(child, 'exit');
  t.equal(code, 0);
});
