import { type EventLine, eventLines, type Reading } from './event-lines.ts';
import { type Checker, fail, pass, unknown } from './verdict.ts';

/** HA-16: the node's event log has a line of that event that fits. */
export function told(
  options: Reading & { event: string; what: string; fits(line: EventLine['fields']): boolean },
): Checker {
  const { node, reading, event, what, fits } = options;
  return (during) => {
    if (!during.some((each) => each.kind === 'logged' && each.node === node && each.reading === reading))
      return unknown(`the event log of ${node} was not read`);
    const lines = eventLines(during, options, event);
    const found = lines.find(({ fields }) => fits(fields));
    const evidence = lines.map((line) => line.event);
    return found
      ? pass(`the log of ${node} tells ${what}`, [found.event])
      : fail(`of ${lines.length} events ${event} of ${node} none tells ${what}`, evidence.slice(0, 4));
  };
}
