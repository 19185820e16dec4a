import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { namedLab } from './named-lab.ts';
import { EXIT, UserError } from './problem.ts';

/** `onevip exec`: runs a command on a node with the terminal as it is; its exit code becomes ours. */
export async function execute(name: string, nodeName: string, command: string[]): Promise<void> {
  if (command[0] === '--') command.shift();
  if (command.length === 0) throw new UserError('no command: onevip exec LAB NODE -- COMMAND…', EXIT.usage);
  const node = nodeOf(name, nodeName);
  process.exitCode = await ended(node.openHere(command));
}

/** `onevip shell`: the user's shell on a node. */
export const shell = (name: string, node: string): Promise<void> =>
  execute(name, node, [process.env.SHELL ?? '/bin/sh', '-i']);

function nodeOf(name: string, nodeName: string) {
  const lab = namedLab(name);
  try {
    return lab.node(nodeName);
  } catch (error) {
    throw new UserError((error as Error).message, EXIT.usage);
  }
}

/** Exit code as a shell gives it: 128 and the signal's number for a program ended by one. */
function ended(child: ChildProcess): Promise<number> {
  // The terminal sends an interrupt to both of us; the program on the node decides what it means.
  process.on('SIGINT', () => {});
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
