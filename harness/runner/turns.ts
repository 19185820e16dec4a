import type { Assignment } from './assignment.ts';
import type { Turn } from './run-test.ts';
import type { Group, Suite } from './suite.ts';

/** Every test as often as it is to be run, one round of all after the other: what fails seldom has time between. */
export function turnsOf(group: Group, assignment: Assignment): Turn[] {
  const rounds = Array.from({ length: assignment.repeat }, (_, round) => round + 1);
  const owner = (suite: Suite) => (group.length === 1 ? '' : `${suite.name}: `);
  return rounds.flatMap((round) =>
    group.flatMap(({ suite, titles }) =>
      titles.flatMap((title) => {
        const test = suite.tests[title];
        if (!test) throw new Error(`the suite ${suite.name} has no test named ${title}`);
        const which = assignment.repeat === 1 ? '' : ` (${round} of ${assignment.repeat})`;
        const name = `${owner(suite)}${title}${which}`;
        return [{ suite, assignment, title, name, test, ...(assignment.repeat > 1 && { round }) }];
      }),
    ),
  );
}

/**
 * Whether the lab ends between the two. A round finds nothing of the one before: addresses that a server no longer has, keys and ports that
 * are known, daemons that have led.
 * @param isChanged whether a test has left the lab other than it was made
 */
export const isForFreshLab = (before: Turn, next: Turn, isChanged: boolean): boolean =>
  before.round !== next.round || (before.suite !== next.suite && isChanged);
