import type { NodeProcess } from '../driver/driver.ts';
import type { LabNode } from '../node/node.ts';
import { attachedTo } from './attached.ts';
import type { Lab } from './lab.ts';

/**
 * What stands on a node, a line for each: packet programs and pins (see `attachedTo`), addresses, rules, routes, tables of the
 * packet filter, and processes. Devices go by name: one that was made anew is the same one.
 */
export async function standingOn(lab: Lab, node: LabNode): Promise<string[]> {
  const [attached, ip, nft] = await Promise.all([
    attachedTo(lab, node),
    linesOf(node, ['ip', '-4', '-oneline', '-batch', '-'], 'address show\nrule show\nroute show table all\n'),
    linesOf(node, ['nft', 'list', 'tables']),
  ]);
  const named = ip.map((line) =>
    line
      .replace(/^\d+: (?=\S+ +inet )/, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
  return [...attached, ...named, ...nft, ...node.processes().map(processLine)].filter((line) => line !== '').sort();
}

async function linesOf(node: LabNode, command: string[], input = ''): Promise<string[]> {
  const done = await node.runBeside(command, input);
  if (done.exitCode !== 0) throw new Error(`"${command.join(' ')}" on ${node.name} failed: ${done.stderr}`);
  return done.stdout.split('\n').filter((line) => line !== '');
}

/** A process that ends while it is looked at is none. */
function processLine(running: NodeProcess): string {
  const words = running.commandLine();
  return words === '' ? '' : `process: ${words}`;
}
