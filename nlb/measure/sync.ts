import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { openTestPair, pinsOf, type TestNode } from '../daemons/test-pair.ts';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { measureChange, measureJoining, measureRecords } from './sync-figures.ts';
import type { Answer, ClientCommand } from './sync-messages.ts';
import { startPair } from './sync-pair.ts';

/**
 * `node nlb/measure/sync.ts [--connections N] [--seconds N] [--default-timeouts]`: what keeping a pair in step costs. Two daemons, in private
 * namespaces; the packets of their clients are run through the program of the one that leads. Prints how many figures are to come, and then
 * each, as JSON, a line each. With the default time-outs the first figure alone, for what is over counts much longer. Needs root.
 */
const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '20' },
    'default-timeouts': { type: 'boolean', default: false },
  },
});
const byDefault = values['default-timeouts'];
/** Of connections that are over. */
const TIMEOUTS = byDefault ? '' : 'timeouts: { finishedMs: 1000, resetMs: 1000 }\n';
const [connections, seconds] = [Number(values.connections), Number(values.seconds)];

enterPrivateNamespaces(import.meta.url);
console.log(JSON.stringify({ expected: byDefault ? 1 : 3 }));
const atEnd: (() => void)[] = [];
const folder = mkdtempSync(join(tmpdir(), 'onevip-sync-'));
try {
  const scope = {
    testdir: () => folder,
    teardown: (act: () => void) => void atEnd.push(act),
    equal: assert.equal,
  };
  // A table that is full to its last row turns some away.
  const room = Math.ceil(connections * 1.25);
  const test = await openTestPair(scope as unknown as Parameters<typeof openTestPair>[0], {
    servers: 10,
    datapath: `maxConnections: ${room}`,
    more: `sync: {}\n${TIMEOUTS}limits: { tcpPerSecond: 1000000, udpPerSecond: 1000000 }\n`,
  });
  const pair = await startPair(test);
  const clients = startClients(pair.active);
  const timeouts = byDefault ? 'default' : 'one second';
  console.log(JSON.stringify({ timeouts, ...(await measureRecords(pair, clients.ask, seconds)) }));
  if (!byDefault) {
    await clients.ask({ do: 'fill', connections });
    console.log(JSON.stringify({ connections, ...(await measureChange(pair, clients.ask)) }));
    console.log(JSON.stringify({ connections, ...(await measureJoining(pair)) }));
  }
  clients.close();
} finally {
  for (const act of atEnd.toReversed()) act();
  rmSync(folder, { recursive: true, force: true });
}

interface Clients {
  ask(command: ClientCommand): Promise<Answer>;
  close(): void;
}

function startClients({ namespace, name }: TestNode): Clients {
  const file = join(import.meta.dirname, 'sync-clients.ts');
  const [program = '', ...words] = [...namespace.enter, process.execPath, file, '--pins', pinsOf(name)];
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    ask: async (command) => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the clients have ended: see their standard error');
      return JSON.parse(value) as Answer;
    },
    close: () => child.stdin.end(),
  };
}
