import chalk from 'chalk';
import { isAlive, type LabState, list } from '../driver/registry.ts';

/** `up`: the user's; `running`: a run's; `orphan`: its run has died, and gc will remove it. */
const condition = ({ owner }: LabState): 'up' | 'running' | 'orphan' => {
  if (!owner) return 'up';
  return isAlive(owner) ? 'running' : 'orphan';
};

/** `onevip ls`: every lab on this machine. */
export function listLabs({ json }: { json?: boolean }): void {
  const labs = list().labs.map((lab) => ({
    name: lab.name,
    topology: lab.plan.topology,
    system: lab.system,
    driver: lab.driver,
    nodes: lab.plan.nodes.length,
    madeAt: lab.madeAt,
    condition: condition(lab),
  }));
  if (json) console.log(JSON.stringify(labs, undefined, 2));
  else if (labs.length === 0) console.log('no labs; make one with: onevip up invention');
  else for (const lab of labs) console.log(row(lab));
}

function row(lab: {
  name: string;
  topology: string;
  system: string;
  driver: string;
  nodes: number;
  madeAt: string;
  condition: string;
}): string {
  const paint = lab.condition === 'orphan' ? chalk.red : chalk.green;
  return `${chalk.bold(lab.name.padEnd(28))} ${lab.topology.padEnd(16)} ${lab.system.padEnd(19)} ${lab.driver.padEnd(6)} ${String(lab.nodes).padStart(2)} nodes  ${paint(lab.condition.padEnd(7))} ${lab.madeAt}`;
}
