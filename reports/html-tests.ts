import { markup } from './escape.ts';
import { type Anchor, badge } from './html-tables.ts';
import { bySuite, duration } from './outcome.ts';
import { proofsText } from './proof.ts';
import type { CheckResult, NotRun, TestResult } from './run-report.ts';

/** Each test with its evidence folded, by suite. */
export const testSections = (results: readonly TestResult[], anchor: Anchor): string =>
  bySuite(results)
    .map(([suite, tests]) => {
      const cards = tests.map((test) => testCard(test, anchor(test)));
      return `<section><h3>${markup(suite)}</h3>\n${cards.join('\n')}</section>`;
    })
    .join('\n');

export function notRunList(tests: readonly NotRun[]): string {
  if (tests.length === 0) return '';
  const items = tests.map(
    ({ suite, title, proves, because, runIt }) =>
      `<li>${markup(suite)}: ${markup(title)} <span class="ids">${markup(proofsText(proves))}</span> ${markup(because)}: <code>${markup(runIt)}</code></li>`,
  );
  return `<h2>Not run</h2>\n<ul>${items.join('')}</ul>`;
}

function testCard(test: TestResult, id: string): string {
  const { verdict, title, proves, durationMs, because, checks, brokenOnPurpose = [], seed, runAgain, files } = test;
  const open = verdict === 'fail' || verdict === 'unknown' ? ' open' : '';
  return `<details class="test" id="${id}" data-verdict="${verdict}"${open}>
<summary>${badge(verdict)} <span class="title">${markup(title)}</span> <span class="ids">${markup(proofsText(proves))}</span> <span class="time">${duration(durationMs)}</span></summary>
<p>${markup(because)}</p>
${checks.map(checkBlock).join('\n')}
${brokenOnPurpose.map((text) => `<p>Broken on purpose: ${markup(text)}</p>`).join('\n')}
${seed === undefined ? '' : `<p>Seed <code>${markup(seed)}</code></p>`}
${files.length === 0 ? '' : `<p>Files: ${files.map(fileLink).join(', ')}</p>`}
<p>Run again: <code>${markup(runAgain)}</code></p>
</details>`;
}

function checkBlock({ name, verdict, because, evidence }: CheckResult): string {
  const open = verdict === 'fail' ? ' open' : '';
  const facts = evidence.length === 1 ? '1 fact' : `${evidence.length} facts`;
  const folded = `<details${open}><summary>evidence: ${facts}</summary><pre>${markup(evidence.join('\n'))}</pre></details>`;
  return `<div class="check">${badge(verdict)} <b>${markup(name)}</b> ${markup(because)}${evidence.length === 0 ? '' : folded}</div>`;
}

/**
 * Links stay within the run's folder, or lead to that of another run beside it, of which this one was put together. All of a suite's
 * lie in one folder.
 */
function fileLink(file: string): string {
  const parts = file.toWellFormed().split('/');
  const isBeside = parts[0] === '..' && parts[1] !== '..';
  const [start, inRun] = isBeside ? [`../${encodeURIComponent(parts[1] ?? '')}`, parts.slice(2)] : ['.', parts];
  const address = inRun.filter((part) => part !== '..').map(encodeURIComponent);
  const name = inRun.slice(1).join('/') || file;
  return `<a href="${markup([start, ...address].join('/'))}">${markup(name)}</a>`;
}
