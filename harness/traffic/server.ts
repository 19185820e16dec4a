import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import type { Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { standardOutput } from './line-writer.ts';
import { echoDatagrams, echoServer } from './serve-echo.ts';
import { httpServer, type Served } from './serve-http.ts';

/**
 * The program that runs on each server: it answers HTTP and echo requests, says its name in every answer, and prints what it
 * was asked, one JSON line for each request, connection and datagram, with the instant on CLOCK_MONOTONIC. Its first line is
 * `{"ready":true}`; then all ports are open. It ends at SIGTERM.
 *
 *   node server.ts --name server1 --http 80 --echo 7 --echo-udp 7 [--address 203.0.113.10]
 *
 * TCP ports are open on every address. UDP ports are open on every `--address`, or, without any, on those that the machine
 * has when the program starts.
 */
const { values } = parseArgs({
  options: {
    name: { type: 'string' },
    http: { type: 'string' },
    echo: { type: 'string' },
    'echo-udp': { type: 'string' },
    address: { type: 'string', multiple: true },
  },
});
if (!values.name) throw new Error('--name is missing');

const output = standardOutput();
const note = ({ protocol, client, target }: Served) => {
  output.say({ monotonicNs: String(process.hrtime.bigint()), protocol, client, target });
};

/** Deep enough for every client of a test to connect at the same moment. */
const backlog = 4096;

async function listen(server: Server, port: string): Promise<void> {
  server.listen({ port: Number(port), host: '0.0.0.0', backlog });
  await once(server, 'listening');
}

async function listenForDatagrams(name: string, port: string): Promise<void> {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const addresses = values.address ?? own.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
  for (const address of addresses) {
    const socket = echoDatagrams(name, address, note);
    socket.bind(Number(port), address);
    await once(socket, 'listening');
  }
}

process.on('SIGTERM', () => {
  output.flush();
  process.exit(0);
});

if (values.http !== undefined) await listen(httpServer(values.name, note), values.http);
if (values.echo !== undefined) await listen(echoServer(values.name, note), values.echo);
if (values['echo-udp'] !== undefined) await listenForDatagrams(values.name, values['echo-udp']);
output.say({ ready: true });
output.flush();
// Servers are killed, and Node writes what it compiled on an orderly exit only. Without a cache this does nothing.
flushCompileCache();
