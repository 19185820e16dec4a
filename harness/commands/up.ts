import chalk from 'chalk';
import { duration } from '../../reports/outcome.ts';
import { badLabName } from '../driver/lab-name.ts';
import { type DriverName, NameTaken } from '../driver/registry.ts';
import { inspect } from '../lab/inspect.ts';
import { tidyOnInterrupt } from '../lab/interrupt.ts';
import { bringUp, handOver, type Lab } from '../lab/lab.ts';
import { awaitService, WITHIN_MS } from '../lab/ready.ts';
import type { System } from '../system/system.ts';
import { loadPlan } from '../topology/load.ts';
import { driverHere } from './driver-here.ts';
import { LiveLine } from './live-line.ts';
import { EXIT, UserError } from './problem.ts';
import { systemHere } from './system-here.ts';

export interface UpOptions {
  name?: string;
  servers?: number;
  /** The system under test; ours when absent. */
  system?: string;
  /** What nodes are made of; namespaces when absent. */
  driver?: DriverName;
  json?: boolean;
}

/** `onevip up`: a lab that stays, ready for use: the pair settled, and a request answered through the cluster address. */
export async function up(topology: string, options: UpOptions): Promise<void> {
  const plan = loadPlan(topology, options);
  const problem = options.name === undefined ? undefined : badLabName(options.name);
  if (problem) throw new UserError(problem, EXIT.usage);
  const system = systemHere(options.system);
  const driver = await driverHere(options.driver);
  tidyOnInterrupt();
  const began = performance.now();
  const live = new LiveLine();
  const shown = setInterval(() => live.show(stillTo(plan, performance.now() - began)), 250);
  const lab = await make(plan, system, driver, options.name).finally(() => clearInterval(shown));
  live.show('waiting until it serves');
  await makeReady(lab);
  live.clear();
  handOver(lab);
  if (options.json) console.log(JSON.stringify(await inspect(lab), undefined, 2));
  else announce(lab, performance.now() - began);
}

/** Of a node: a lab of 208 took 9.8 s on two cores. */
const MS_PER_NODE = 47;

/** How long the making of a lab goes on, by how many nodes it has. */
function stillTo({ nodes }: Lab['plan'], elapsedMs: number): string {
  const leftMs = Math.max(0, nodes.length * MS_PER_NODE - elapsedMs);
  return `making ${nodes.length} nodes: ${duration(elapsedMs)}, about ${duration(leftMs)} left`;
}

async function make(plan: Lab['plan'], system: System, driver: DriverName, name: string | undefined): Promise<Lab> {
  try {
    return await bringUp({ plan, system, driver, ...(name === undefined ? {} : { name }) });
  } catch (error) {
    if (error instanceof NameTaken) throw new UserError(error.message);
    throw error;
  }
}

async function makeReady(lab: Lab): Promise<void> {
  try {
    await Promise.all([awaitService(lab), lab.pair(WITHIN_MS)]);
  } catch (error) {
    await lab.down();
    throw error;
  }
}

function announce(lab: Lab, tookMs: number): void {
  const { name, plan, system } = lab;
  console.log(
    `${chalk.green('up')} ${chalk.bold(name)} (${plan.topology}, ${system.name} ${system.version()}) in ${(tookMs / 1000).toFixed(2)} s`,
  );
  console.log(`  cluster ${plan.addresses.cluster.join(', ')}; NLBS address ${plan.addresses.nlbs}`);
  console.log(`  ./onevip exec ${name} nlb1 -- ${system.statusCommand}`);
  console.log(`  ./onevip capture ${name} access`);
  console.log(`  ./onevip down ${name}`);
}
