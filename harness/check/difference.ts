import { checker } from './claim.ts';
import { eventLines, type Reading } from './event-lines.ts';
import { type ActFilter, actText, findAct } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

interface Difference extends Reading {
  /** What the two are then configured differently in. */
  sections: readonly string[];
  /** What made them differ, and what ended it. */
  skew: ActFilter;
  mend: ActFilter;
}

/** HA-20: the node's log names what the two are configured differently in, once, and says when nothing is any more. */
export const differenceLogged = checker(function differenceLogged(options: Difference) {
  const { node, sections, skew, mend } = options;
  return (during) => {
    const [skewed, mended] = [findAct(during, skew), findAct(during, mend)];
    if (!skewed || !mended) return unknown(`${actText(skewed ? mend : skew)} was not done`);
    const lines = eventLines(during, options, 'configuration').filter(({ event }) => event.atNs >= skewed.atNs);
    const evidence = [skewed, mended, ...lines.map(({ event }) => event)];
    const told = lines.map(({ fields }) => JSON.stringify(fields.differs)).join(', then ');
    const wanted = [sections, []].map((each) => JSON.stringify(each)).join(', then ');
    if (told !== wanted) return fail(`${node} logged ${told || 'nothing'}; wanted was ${wanted}`, evidence);
    if ((lines[1]?.event.atNs ?? 0) < mended.atNs) return fail(`${node} said too early that nothing differs`, evidence);
    return pass(`${node} logged that ${sections.join(' and ')} differ, and when that was over`, evidence);
  };
});
