import { duration } from './outcome.ts';
import type { RunReport } from './run-report.ts';

/** What a verdict is about, and under which conditions it came about: a name and a line for each, in the order of reports. */
export function conditions(report: RunReport): [name: string, value: string][] {
  const { driver, depth, topology, startedAt, durationMs, command, id } = report;
  return [
    ['System', systemText(report)],
    ['Data path', dataPathText(report)],
    ...(driver === undefined ? [] : [['Driver', driver] satisfies [string, string]]),
    ['Depth', depth],
    ['Topology', topology],
    ['Commit', commitText(report)],
    ['Versions', versionsText(report)],
    ['Machine', machineText(report)],
    ['Started', startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')],
    ['Took', duration(durationMs)],
    ['Command', command],
    ['Run', id],
  ];
}

/** `nlb 0.1.0` */
export const systemText = ({ system: { name, version } }: RunReport): string =>
  version === undefined ? name : `${name} ${version}`;

/** What was asked for, and what was in use: `auto: xdp` */
function dataPathText({ datapath, results }: RunReport): string {
  const used = [...new Set(results.flatMap(({ forwardedBy = [] }) => forwardedBy))].toSorted();
  return used.length === 0 || used.join() === datapath ? datapath : `${datapath}: ${used.join(', ')}`;
}

function commitText({ commit }: RunReport): string {
  if (commit === undefined) return 'unknown: no checkout';
  return commit.clean ? commit.id : `${commit.id}, with changes that are in no commit`;
}

const versionsText = ({ versions }: RunReport): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

const GIBIBYTE = 2 ** 30;

const machineText = ({ machine: { cores, cpu, memoryBytes } }: RunReport): string =>
  `${cores} ${cores === 1 ? 'core' : 'cores'} of ${cpu}, ${(memoryBytes / GIBIBYTE).toFixed(1)} GiB`;
