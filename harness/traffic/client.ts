import { constants, setPriority } from 'node:os';
import { startHttpRequests } from './http-requests.ts';
import { standardOutput } from './line-writer.ts';
import { type Command, LineReader, type Probe, parseTarget } from './message.ts';
import type { Listener, Operation } from './operation.ts';
import { codeOf } from './outcome.ts';
import { startTcpFlows } from './tcp-flows.ts';
import { startUdpProbes } from './udp-probes.ts';

/**
 * The program that runs on a client: JSON lines of commands on standard input, JSON lines of what became of them on standard
 * output (message.ts has both). It ends when its input does.
 */
const output = standardOutput();
goBeforeOthers();
const operations = new Map<string, Operation>();

/** On a machine that is busy with the lab, probes are sent when they should be only if they go first. A wish, not a need. */
function goBeforeOthers(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST);
  } catch (error) {
    if (codeOf(error) !== 'ERR_SYSTEM_ERROR') throw error;
  }
}

/** Probes are said many at a time: a line for each would cost the harness more than the probe. */
const gatherProbes = 64;
let probes: Probe[] = [];

function sayProbes(): void {
  if (probes.length > 0) output.say({ probes });
  probes = [];
}
setInterval(sayProbes, 10);

function listenerOf(id: string): Listener {
  return {
    probe: (probe) => {
      probes.push(probe);
      if (probes.length >= gatherProbes) sayProbes();
    },
    opened: () => output.say({ opened: id }),
    ended: (summary) => {
      operations.delete(id);
      sayProbes();
      output.say({ ended: id, summary });
    },
  };
}

function begin(command: Exclude<Command, { do: 'stop' }>): Operation {
  parseTarget(command.target);
  const listener = listenerOf(command.id);
  switch (command.do) {
    case 'httpRequests':
      return startHttpRequests(command.id, command, listener);
    case 'tcpFlows':
      return startTcpFlows(command.id, command, listener);
    case 'udpProbes':
      return startUdpProbes(command.id, command, listener);
  }
}

function obey(command: Command): void {
  if (command.do === 'stop') {
    operations.get(command.id)?.stop();
    return;
  }
  try {
    operations.set(command.id, begin(command));
  } catch (error) {
    output.say({ problem: error instanceof Error ? error.message : String(error), id: command.id });
  }
}

const lines = new LineReader();
process.stdin.setEncoding('utf8');
process.stdin.on('data', (piece: string) => {
  for (const line of lines.push(piece)) obey(JSON.parse(line) as Command);
});
process.stdin.on('end', () => process.exit(0));
output.say({ ready: true });
output.flush();
