import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ifindexOf } from '../datapath/kit/rig.ts';
import { openPinned, programOfLink } from '../kernel/bpf-link.ts';
import { type FrameRunner, prepareRuns } from '../kernel/bpf-test-run.ts';
import { run } from '../kernel/private-namespaces.ts';
import { FIRST_CLIENT, type Flag, frameOf, setFlag, setFlow } from './frames.ts';
import { type Answer, type ClientCommand, WEB_PORT } from './sync-messages.ts';

/**
 * Clients of a pair that is measured: `node sync-clients.ts --pins DIRECTORY`, in the network namespace of the node that leads. It runs the
 * node's program on their packets, one after the other; nothing leaves but what the sync thread releases. For each line of its input, a
 * ClientCommand as JSON, it prints an Answer.
 */
const { values } = parseArgs({ options: { pins: { type: 'string', default: '' } } });
const ifindex = ifindexOf('access');
const link = openPinned(`${values.pins}/links/xdp-${ifindex}`);
if (link === undefined) throw new Error(`no program is pinned in ${values.pins} for the interface ${ifindex}`);
const mac = /link\/ether (\S+)/.exec(run('ip -o link show access'))?.[1] ?? '';
const runner: FrameRunner = prepareRuns(programOfLink(link), {
  frame: frameOf('tcp', { to: mac, from: '02:00:00:00:00:11' }),
  ifindex,
});

/** Of each client so many ports are used. */
const PORTS = 60_000;
const FIRST_PORT = 1024;
/** After its SYN a client waits so long for the answer; a packet that is held goes on before. */
const ACK_AFTER_MS = 20;
const TICK_MS = 1;
let opened = 0;

/** One packet of the connection of that number, by the node's program; how long that took. */
function send(connection: number, flag: Flag): number {
  setFlow(runner.frame, FIRST_CLIENT + Math.floor(connection / PORTS), FIRST_PORT + (connection % PORTS), WEB_PORT);
  setFlag(runner.frame, flag);
  return runner.run();
}

function fill(connections: number): Answer {
  const beganMs = performance.now();
  const from = opened;
  for (; opened < from + connections; opened++) {
    send(opened, 'syn');
    send(opened, 'ack');
  }
  return { opened: connections, tookMs: performance.now() - beganMs };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TICK_MS));

/** Connections that begin on a schedule that never slips, are answered, live for a while, and end. */
async function churn({ perSecond, livesMs, seconds }: Extract<ClientCommand, { do: 'churn' }>): Promise<Answer> {
  const beganMs = performance.now();
  const [from, wanted] = [opened, perSecond * seconds];
  const [stages, sent] = [
    [0, ACK_AFTER_MS, livesMs],
    [0, 0, 0],
  ];
  const flags: Flag[] = ['syn', 'ack', 'fin'];
  let lateMaxMs = 0;
  while ((sent[2] ?? 0) < wanted) {
    const nowMs = performance.now() - beganMs;
    for (const [stage, afterMs] of stages.entries()) {
      const due = Math.min(wanted, Math.floor(((nowMs - afterMs) * perSecond) / 1000), sent[stage - 1] ?? wanted);
      for (let next = sent[stage] ?? 0; next < due; next++) send(from + next, flags[stage] ?? 'ack');
      sent[stage] = Math.max(sent[stage] ?? 0, due);
    }
    lateMaxMs = Math.max(lateMaxMs, performance.now() - beganMs - nowMs);
    await turn();
  }
  opened += wanted;
  return { opened: wanted, tookMs: performance.now() - beganMs, lateMaxMs };
}

/** Of the connections that were opened last, which live. */
async function known({ perSecond, seconds }: Extract<ClientCommand, { do: 'known' }>): Promise<Answer> {
  const [beganMs, wanted] = [performance.now(), perSecond * seconds];
  let sent = 0;
  while (sent < wanted) {
    const due = Math.min(wanted, Math.floor(((performance.now() - beganMs) * perSecond) / 1000));
    for (; sent < due; sent++) send(opened - 1 - sent, 'push');
    await turn();
  }
  return { opened: sent, tookMs: performance.now() - beganMs };
}

function carryOut(command: ClientCommand): Answer | Promise<Answer> {
  switch (command.do) {
    case 'fill':
      return fill(command.connections);
    case 'churn':
      return churn(command);
    case 'known':
      return known(command);
  }
}

for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(await carryOut(JSON.parse(line) as ClientCommand)));
}
