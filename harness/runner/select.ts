import { type Depth, type Job, leftOut, type Place, type Suite } from './suite.ts';

/** Which tests of the suites a run is made of. */
export interface Selection {
  depth: Depth;
  /** Only suites that know this topology, on it. Absent: each suite on its first one, or on all of its own when it says so. */
  topology?: string;
  /** Only tests that this fits: `arp: nobody answers a request for the cluster address`. */
  grep?: RegExp;
  /** Only these: of each job, by its name, the titles. */
  only?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** To bring up a lab and take it down, on two cores that others use, too. */
export const LAB_SECONDS = 4;

/** The jobs of a run, longest first; of each the tests that are selected. A job of which nothing is selected is not among them. */
export function planJobs(suites: readonly Suite[], selection: Selection): Job[] {
  const jobs = placesOf(suites, selection.topology).map((place) => ({ ...place, titles: selected(place, selection) }));
  return jobs.filter(({ titles }) => titles.length > 0).sort((one, other) => secondsOf(other) - secondsOf(one));
}

/** Where suites can run. */
export const placesOf = (suites: readonly Suite[], topology?: string): Place[] =>
  suites.flatMap((suite) => topologiesOf(suite, topology).map((each) => ({ suite, topology: each })));

function topologiesOf(suite: Suite, wanted: string | undefined): string[] {
  if (wanted !== undefined) return suite.topologies.includes(wanted) ? [wanted] : [];
  return suite.everywhere ? suite.topologies : suite.topologies.slice(0, 1);
}

function selected(place: Place, { depth, grep, only }: Selection): string[] {
  const omitted = leftOut(place, depth);
  const named = only?.get(`${place.suite.name}@${place.topology}`);
  return Object.keys(place.suite.tests).filter(
    (title) =>
      !omitted.has(title) &&
      (grep === undefined || grep.test(title) || grep.test(`${place.suite.name}: ${title}`)) &&
      (only === undefined || named?.has(title)),
  );
}

/** About how long a job takes. A suite says how long its lab and its tests take that are not long; the latter count as if all took the same. */
export function secondsOf({ suite, titles }: Job): number {
  const tests = Object.entries(suite.tests);
  const usual = tests.filter(([, { longSeconds }]) => !longSeconds);
  const kept = usual.filter(([title]) => titles.includes(title)).length / Math.max(1, usual.length);
  const added = tests.map(([title, { longSeconds = 0 }]) => (titles.includes(title) ? longSeconds : 0));
  return added.reduce((sum, more) => sum + more, LAB_SECONDS + (suite.seconds - LAB_SECONDS) * kept);
}
