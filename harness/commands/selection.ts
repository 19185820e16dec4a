import type { NotRun } from '../../reports/run-report.ts';
import type { RunSettings } from '../runner/assignment.ts';
import { lastFailed } from '../runner/past-runs.ts';
import type { Selection } from '../runner/select.ts';
import { type Depth, jobName, leftOut, type Place, type Suite } from '../runner/suite.ts';
import { commandOf } from '../runner/test-command.ts';
import { topologyNames } from '../topology/find.ts';
import type { ConformanceOptions } from './conformance.ts';
import { EXIT, UserError } from './problem.ts';

/** What the words of a command line select. */
export function selectionOf(names: string[], options: ConformanceOptions): Selection {
  const { grep } = options;
  const topology = knownTopology(options.topology);
  const only = options.lastFailed ? lastFailed() : undefined;
  if (options.lastFailed && only === undefined) throw new UserError('there is no last run in runs/', EXIT.usage);
  const depth = depthOf(names, options);
  return { depth, ...(topology !== undefined && { topology }), ...(grep && { grep }), ...(only && { only }) };
}

/** Whoever names suites, tests or a topology wants to know more of them than a brief run tells; a list is of all, unless a depth is named. */
function depthOf(
  names: string[],
  { list, brief, thorough, long, topology, grep, lastFailed }: ConformanceOptions,
): Depth {
  if (long || (list && !brief && !thorough)) return 'long';
  if (brief) return 'brief';
  return thorough || names.length > 0 || topology !== undefined || grep || lastFailed ? 'thorough' : 'brief';
}

/** Whether what is left out is left out by the depth alone, and not because others were named. */
export const isWhole = ({ grep, lastFailed, shard }: ConformanceOptions): boolean => !grep && !lastFailed && !shard;

export function whyNothing({ topology, grep, lastFailed }: ConformanceOptions): string {
  if (lastFailed) return 'nothing failed in the last run';
  if (grep) return `no test fits ${grep.source}; --list shows them all`;
  return `none of these suites runs on ${topology}`;
}

export function chosen(suites: Suite[], names: string[]): Suite[] {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length === 0) return names.length === 0 ? suites : suites.filter(({ name }) => names.includes(name));
  const there = suites.map(({ name }) => name).join(', ');
  throw new UserError(`no suite is named ${unknown.join(', ')}; there are ${there}`, EXIT.usage);
}

function knownTopology(name: string | undefined): string | undefined {
  if (name === undefined || topologyNames().includes(name)) return name;
  throw new UserError(`no topology is named ${name}; there are ${topologyNames().join(', ')}`, EXIT.usage);
}

export function leftOutOf(place: Place, { depth }: Selection, settings: RunSettings): NotRun[] {
  const { suite, topology } = place;
  return [...leftOut(place, depth)].map(([title, why]) => ({
    suite: jobName(place),
    title,
    proves: suite.tests[title]?.proves ?? [],
    because: why === 'long' ? `long: takes about ${suite.tests[title]?.longSeconds} s` : 'thorough',
    runIt: commandOf({ suite: suite.name, topology, ...(why === 'long' && { long: true }) }, settings),
  }));
}
