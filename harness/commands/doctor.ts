import chalk from 'chalk';
import { examine, type Finding } from '../doctor/probe.ts';
import { EXIT } from './problem.ts';

const PAINT = { yes: chalk.green, no: chalk.red, unknown: chalk.yellow };

/** `onevip doctor`: what this machine can run. Exits 3 when something that the main job needs is missing. */
export async function doctor({ json }: { json?: boolean }): Promise<void> {
  const findings = await examine();
  if (json) console.log(JSON.stringify(findings, undefined, 2));
  else for (const finding of findings) console.log(describe(finding));
  if (isUnfit(findings)) process.exitCode = EXIT.machineUnfit;
}

/** Whether something is certainly missing that the main job cannot do without. */
const isUnfit = (findings: Finding[]): boolean => findings.some(({ needed, answer }) => needed && answer === 'no');

function describe({ subject, answer, detail, needed, remedy }: Finding): string {
  const mark = PAINT[answer](answer.padEnd(7));
  const why = remedy
    ? `\n          ${needed ? 'needed' : 'not needed for the main job'}; would change it: ${remedy}`
    : '';
  return `${mark} ${subject}: ${chalk.dim(detail)}${why}`;
}
