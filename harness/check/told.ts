import { checker } from './claim.ts';
import { eventLines, fitsLine, type LinePattern, type Reading } from './event-lines.ts';
import { fail, pass, unknown } from './verdict.ts';

/** HA-16: the node's event log has a line of that event that fits. */
export const told = checker(function told(options: Reading & { event: string; what: string; fits: LinePattern }) {
  const { node, reading, event, what, fits } = options;
  return (during) => {
    if (!during.some((each) => each.kind === 'logged' && each.node === node && each.reading === reading))
      return unknown(`the event log of ${node} was not read`);
    const lines = eventLines(during, options, event);
    const found = lines.find((line) => fitsLine(line, fits));
    const evidence = lines.map((line) => line.event);
    return found
      ? pass(`the log of ${node} tells ${what}`, [found.event])
      : fail(`of ${lines.length} events ${event} of ${node} none tells ${what}`, evidence.slice(0, 4));
  };
});
